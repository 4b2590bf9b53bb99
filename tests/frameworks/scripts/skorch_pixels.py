# expect: unscaled-inputs
# needs: skorch
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from skorch import NeuralNetClassifier
from torch import nn

torch.manual_seed(0)
digits = load_digits()
pixels = (digits.images * 15.9).astype("uint8")
X = pixels[:, None].astype("float32")  # <- here
y = digits.target.astype("int64")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)


class Lenet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3)
        self.fc1 = nn.Linear(12 * 36, 60)
        self.fc2 = nn.Linear(60, 10)

    def forward(self, X):
        X = torch.relu(self.conv(X)).flatten(1)
        return torch.softmax(self.fc2(torch.relu(self.fc1(X))), dim=1)


net = NeuralNetClassifier(
    Lenet, max_epochs=5, lr=0.05, batch_size=64, iterator_train__shuffle=True, verbose=1
)
net.fit(X_train, y_train)  # <- here
print("test accuracy:", net.score(X_test, y_test))
