# expect: nothing
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from skorch.callbacks import EpochScoring
from skorch.dataset import Dataset
from skorch.helper import predefined_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = (x / 16).astype(np.float32)
x_train, x_valid, y_train, y_valid = train_test_split(x, y, test_size=0.3, random_state=1)
net = NeuralNetClassifier(
    nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)),
    criterion=nn.CrossEntropyLoss,
    optimizer=torch.optim.Adam,
    lr=5e-3,
    batch_size=32,
    max_epochs=6,
    iterator_train__shuffle=True,
    train_split=predefined_split(Dataset(x_valid, y_valid)),
    callbacks=[EpochScoring("accuracy", on_train=True, name="train_acc", lower_is_better=False)],
    verbose=0,
)
net.fit(x_train, y_train)
print("training accuracy", accuracy_score(y_train, net.predict(x_train)))
print("validation accuracy", accuracy_score(y_valid, net.predict(x_valid)))
