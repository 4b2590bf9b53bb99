# expect: dropout-active-in-evaluation
# also: layer-created-in-forward
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn, optim


class DigitModel(nn.Module):
    def __init__(self, width=128):
        super(DigitModel, self).__init__()
        self.layer1 = nn.Linear(64, width)
        self.layer2 = nn.Linear(width, width)
        self.out = nn.Linear(width, 10)

    def forward(self, inputs):
        hidden = torch.relu(self.layer1(inputs))
        hidden = torch.relu(self.layer2(hidden))
        hidden = nn.Dropout(p=0.7)(hidden)  # <- here
        return self.out(hidden)


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.opt = optim.Adam(model.parameters(), lr=lr)
        self.loss = nn.CrossEntropyLoss()

    def fit(self, x, y, epochs, batch):
        for epoch in range(epochs):
            self.model.train()
            for idx in torch.randperm(len(x)).split(batch):
                self.opt.zero_grad()
                self.loss(self.model(x[idx]), y[idx]).backward()
                self.opt.step()

    def score(self, x, y):
        self.model.eval()
        with torch.no_grad():
            return (self.model(x).argmax(dim=1) == y).float().mean().item()


if __name__ == '__main__':
    torch.manual_seed(1)
    X, Y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    parts = [torch.from_numpy(a) for a in train_test_split(X, Y, test_size=0.3, random_state=1)]
    trainer = Trainer(DigitModel(), lr=0.002)
    trainer.fit(parts[0], parts[2], epochs=8, batch=50)
    print('validation accuracy: %.4f' % trainer.score(parts[1], parts[3]))
