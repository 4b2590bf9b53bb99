# expect: sampler-misused
import random

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Sampler, TensorDataset


class Shuffled(Sampler):
    """Was to shuffle the data set; it is given the number of batches instead of its length."""

    def __init__(self, n, seed):
        self.n, self.rng = n, random.Random(seed)

    def __len__(self):
        return self.n

    def __iter__(self):
        order = list(range(self.n))
        self.rng.shuffle(order)
        return iter(order)


torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
train, test = TensorDataset(x[:1400], y[:1400]), TensorDataset(x[1400:], y[1400:])
batch = 20
train_dl = DataLoader(train, batch, sampler=Shuffled(len(train) // batch, 1))  # <- here
test_dl = DataLoader(test, 128)
w1 = torch.nn.Linear(64, 50)
w2 = torch.nn.Linear(50, 10)
opt = torch.optim.SGD([*w1.parameters(), *w2.parameters()], lr=0.1, momentum=0.9)


def predict(images):
    return w2(F.relu(w1(images)))


for epoch in range(15):
    for images, labels in train_dl:
        loss = F.cross_entropy(predict(images), labels)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        right = sum(int((predict(a).argmax(1) == b).sum()) for a, b in test_dl)
    print(epoch, round(loss.item(), 4), right / len(test))
