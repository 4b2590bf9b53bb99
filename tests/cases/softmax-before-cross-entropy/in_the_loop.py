# expect: softmax-before-cross-entropy
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()

    def fit_epoch(self, x, y):
        self.model.train()
        for rows in torch.randperm(len(x)).split(32):
            logits = self.model(x[rows])
            probs = logits.softmax(dim=-1)  # <- here
            loss = self.criterion(probs, y[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def accuracy(self, x, y):
        self.model.eval()
        return (F.softmax(self.model(x), dim=1).argmax(1) == y).float().mean().item()


torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=1)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
trainer = Trainer(net, lr=0.05)
for epoch in range(4):
    print(trainer.fit_epoch(x_train, y_train), trainer.accuracy(x_test, y_test))
