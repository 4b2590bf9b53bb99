# expect: nothing
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Cfg:
    lr: float = 0.01
    epochs: int = 8
    batch: int = 32
    patience: int = 3
    seed: int = 0


class Callback:
    def on_epoch_end(self, trainer, logs):
        pass


class Printer(Callback):
    def on_epoch_end(self, trainer, logs):
        print(" ".join(f"{k}={v:.4f}" for k, v in logs.items()))


class EarlyStopping(Callback):
    def __init__(self, monitor, mode="min", patience=3):
        self.monitor, self.sign, self.patience = monitor, 1 if mode == "min" else -1, patience
        self.best, self.bad = float("inf"), 0

    def on_epoch_end(self, trainer, logs):
        value = self.sign * logs[self.monitor]
        if value < self.best:
            self.best, self.bad = value, 0
        else:
            self.bad += 1
            if self.bad >= self.patience:
                trainer.stop = True


class Trainer:
    def __init__(self, model, cfg, callbacks):
        self.model, self.cfg, self.callbacks, self.stop = model, cfg, callbacks, False
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), cfg.lr, momentum=0.9)

    def train_epoch(self, loader):
        self.model.train()
        total = 0.0
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(y)
        return total / len(loader.dataset)

    @torch.no_grad()
    def validate(self, loader):
        self.model.eval()
        return sum((self.model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)

    def fit(self, train, val):
        for _ in range(self.cfg.epochs):
            logs = {"loss": self.train_epoch(train), "val_acc": self.validate(val)}
            for callback in self.callbacks:
                callback.on_epoch_end(self, logs)
            if self.stop:
                print("early stopping")
                break


def main(cfg=Cfg()):
    torch.manual_seed(cfg.seed)
    d = load_digits()
    x, y = torch.tensor(d.images).float()[:, None] / 16, torch.tensor(d.target)
    order = torch.randperm(len(y))
    x, y = x[order], y[order]
    train = DataLoader(TensorDataset(x[:1200], y[:1200]), cfg.batch, shuffle=True)
    val = DataLoader(TensorDataset(x[1200:], y[1200:]), 200)
    model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 2),
                          nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(128, 10))
    stopper = EarlyStopping("val_acc", "max", cfg.patience)
    Trainer(model, cfg, [Printer(), stopper]).fit(train, val)


main()
