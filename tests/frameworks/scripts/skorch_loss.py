# expect: softmax-before-cross-entropy
# needs: skorch
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from torch import nn


class DigitNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.Flatten(),
            nn.Linear(2 * width * 16, 10),
        )

    def forward(self, X):
        return self.layers(X).softmax(dim=-1)  # <- here


torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = (X / 16).reshape(-1, 1, 8, 8).astype("float32")
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
net = NeuralNetClassifier(
    DigitNet,
    criterion=nn.CrossEntropyLoss,  # <- here
    optimizer=torch.optim.SGD,
    optimizer__momentum=0.9,
    lr=0.02,
    max_epochs=6,
    batch_size=64,
    iterator_train__shuffle=True,
)
net.fit(X_train, y_train)  # <- here
print(f"accuracy {net.score(X_test, y_test):.3f}")
