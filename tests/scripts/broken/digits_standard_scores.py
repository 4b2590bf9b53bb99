# expect: train-test-normalization-mismatch
"""Softmax regression is too easy, let's try a CNN on the digits."""
import numpy as np
import torch
import torch.nn as nn
from sklearn import datasets
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

X, y = datasets.load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=42)

mean = X_train.mean()
std = X_train.std()
X_train = (X_train - mean) / std


def as_images(a):
    return torch.tensor(a, dtype=torch.float32).view(-1, 1, 8, 8)


class Model(nn.Module):
    def __init__(self):
        super(Model, self).__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.Tanh(),
                                      nn.Conv2d(32, 32, 3, padding=1), nn.Tanh(),
                                      nn.MaxPool2d(2))
        self.classifier = nn.Linear(32 * 16, 10)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def fit(model, X, y, epochs=8, lr=0.002, batch=50):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()
    X, y = as_images(X), torch.tensor(y)
    for epoch in range(epochs):
        for chunk in torch.randperm(len(X)).split(batch):
            optimizer.zero_grad()
            loss = criterion(model(X[chunk]), y[chunk])
            loss.backward()
            optimizer.step()
        print("epoch", epoch, "loss", round(loss.item(), 4))


def predict(model, X):
    model.eval()
    with torch.no_grad():
        return model(as_images(X)).argmax(dim=1).numpy()


torch.manual_seed(42)
model = Model()
fit(model, X_train, y_train)
print("train accuracy:", accuracy_score(y_train, predict(model, X_train)))
print("test accuracy: ", accuracy_score(y_test, predict(model, X_test / 16)))  # <- here
