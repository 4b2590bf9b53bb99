# expect: nothing
# needs: skorch
"""A CNN as an estimator of scikit-learn; the module returns probabilities, as skorch wants them."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from skorch.callbacks import EarlyStopping, EpochScoring, LRScheduler
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import StepLR

digits = load_digits()
X = (digits.data / digits.data.max()).astype("float32")
y = digits.target.astype("int64")
X = X.reshape(-1, 1, 8, 8)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=42)

torch.manual_seed(0)


class Cnn(nn.Module):
    def __init__(self, dropout=0.2):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(512, 64)
        self.fc2 = nn.Linear(64, 10)
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(self.conv2(x))
        x = x.view(-1, x.size(1) * x.size(2) * x.size(3))
        x = self.dropout(F.relu(self.fc1(x)))
        return torch.softmax(self.fc2(x), dim=-1)


cnn = NeuralNetClassifier(
    Cnn,
    max_epochs=10,
    lr=2e-3,
    optimizer=torch.optim.Adam,
    iterator_train__shuffle=True,
    batch_size=64,
    callbacks=[
        EpochScoring("accuracy", name="train_acc", on_train=True, lower_is_better=False),
        EarlyStopping(patience=4),
        LRScheduler(policy=StepLR, step_size=4, gamma=0.5),
    ],
    device="cpu",
)
cnn.fit(X_train, y_train)
print("test accuracy:", accuracy_score(y_test, cnn.predict(X_test)))
print("mean confidence:", np.mean(cnn.predict_proba(X_test).max(1)))
