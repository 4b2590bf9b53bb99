# expect: nothing
# result: test accuracy ([\d.]+)
from __future__ import annotations

import copy
import logging
from dataclasses import dataclass, field
from typing import Callable

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
logger = logging.getLogger("trainer")


@dataclass
class Config:
    hidden: int = 64
    channels: tuple[int, ...] = (16, 32)
    lr: float = 4e-3
    max_epochs: int = 14
    patience: int = 3
    batch_size: int = 64
    seed: int = 21


class Net(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        c1, c2 = cfg.channels
        self.body = nn.Sequential(
            nn.Conv2d(1, c1, 3, padding="same"), nn.ELU(), nn.MaxPool2d(2),
            nn.Conv2d(c1, c2, 3, padding="same"), nn.ELU(), nn.MaxPool2d(2),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.LazyLinear(cfg.hidden), nn.ELU(), nn.Dropout(0.2),
                                  nn.Linear(cfg.hidden, 10))

    def forward(self, x):
        return self.head(self.body(x))


class EarlyStopping:
    def __init__(self, patience: int):
        self.patience, self.best, self.bad = patience, float("inf"), 0
        self.weights = None

    def __call__(self, trainer: Trainer, metrics: dict[str, float]) -> None:
        if metrics["val_loss"] < self.best:
            self.best, self.bad = metrics["val_loss"], 0
            self.weights = copy.deepcopy(trainer.model.state_dict())
        else:
            self.bad += 1
            trainer.stop = self.bad >= self.patience

    def restore(self, model: nn.Module) -> None:
        model.load_state_dict(self.weights)


def log_metrics(trainer: Trainer, metrics: dict[str, float]) -> None:
    logger.info("epoch %d %s", trainer.epoch, {k: round(v, 4) for k, v in metrics.items()})


@dataclass
class Trainer:
    model: nn.Module
    optimizer: torch.optim.Optimizer
    criterion: nn.Module
    callbacks: list[Callable] = field(default_factory=list)
    stop: bool = False
    epoch: int = 0

    def fit(self, train: DataLoader, valid: DataLoader, max_epochs: int) -> None:
        while self.epoch < max_epochs and not self.stop:
            self.epoch += 1
            metrics = {"train_loss": self._train(train)}
            metrics.update({f"val_{k}": v for k, v in self.evaluate(valid).items()})
            for callback in self.callbacks:
                callback(self, metrics)

    def _train(self, loader: DataLoader) -> float:
        self.model.train()
        total = 0.0
        for inputs, targets in loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(inputs), targets)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(targets)
        return total / len(loader.dataset)

    @torch.no_grad()
    def evaluate(self, loader: DataLoader) -> dict[str, float]:
        self.model.eval()
        loss = correct = 0.0
        for inputs, targets in loader:
            outputs = self.model(inputs)
            loss += self.criterion(outputs, targets).item() * len(targets)
            correct += (outputs.argmax(dim=1) == targets).sum().item()
        return {"loss": loss / len(loader.dataset), "acc": correct / len(loader.dataset)}


def main() -> None:
    cfg = Config()
    torch.manual_seed(cfg.seed)
    digits = load_digits()
    images = torch.tensor(digits.images / 16.0, dtype=torch.float32)[:, None]
    labels = torch.tensor(digits.target)
    x, x_test, y, y_test = train_test_split(images, labels, test_size=0.2, random_state=cfg.seed)
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=cfg.seed)

    def loader(*tensors, shuffle=False):
        return DataLoader(TensorDataset(*tensors), cfg.batch_size, shuffle=shuffle)

    model = Net(cfg)
    model(x_train[:2])  # shapes the lazy layer
    stopper = EarlyStopping(cfg.patience)
    trainer = Trainer(
        model,
        torch.optim.Adam(model.parameters(), lr=cfg.lr),
        nn.CrossEntropyLoss(),
        callbacks=[log_metrics, stopper],
    )
    trainer.fit(loader(x_train, y_train, shuffle=True), loader(x_val, y_val), cfg.max_epochs)
    stopper.restore(model)
    logger.info("test accuracy %.4f", trainer.evaluate(loader(x_test, y_test))["acc"])


if __name__ == "__main__":
    main()
