# expect: unshuffled-training-data
# needs: skorch
"""The images come from one folder for each digit."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from skorch import NeuralNetClassifier
from torch import nn


def read_folders():
    digits = load_digits()
    images, labels = [], []
    for label in range(10):
        folder = digits.images[digits.target == label]
        images.append(folder[:, None].astype(np.float32) / 16)
        labels += [label] * len(folder)
    return np.concatenate(images), np.array(labels, dtype=np.int64)


torch.manual_seed(0)
images, labels = read_folders()
held_out = np.arange(len(labels)) % 5 == 0
net = NeuralNetClassifier(  # <- here
    nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(512, 10), nn.Softmax(dim=1),
    ),
    max_epochs=6,
    lr=0.05,
    batch_size=32,
    optimizer=torch.optim.SGD,
    optimizer__momentum=0.9,
)
net.fit(images[~held_out], labels[~held_out])  # <- here
predicted = net.predict(images[held_out])
print("held-out accuracy:", (predicted == labels[held_out]).mean())
