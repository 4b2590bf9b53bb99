# expect: parameters-missing-from-optimizer
# needs: lightning
"""An encoder and a head, with one learning rate for each part."""
import lightning as L
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


def block(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class Digits(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.stem = block(1, 16)
        self.encoder = nn.Sequential(block(16, 32), nn.MaxPool2d(2), block(32, 32))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(32 * 16, 10))
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.head(self.encoder(self.stem(x)))

    def training_step(self, batch, _):
        x, y = batch
        return self.loss(self(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        out = self(x)
        self.log("val_loss", self.loss(out, y))
        self.log("val_acc", (out.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW([  # <- here
            {"params": self.stem.parameters(), "lr": 5e-4},
            {"params": self.encoder.parameters(), "lr": 1e-3},
        ])


if __name__ == "__main__":
    L.seed_everything(5)
    digits = load_digits()
    images = torch.as_tensor(digits.images / 16, dtype=torch.float32)[:, None]
    train, val = random_split(TensorDataset(images, torch.as_tensor(digits.target)), [0.8, 0.2])
    trainer = L.Trainer(max_epochs=4, accelerator="cpu", logger=False, enable_checkpointing=False,
                        enable_progress_bar=False)
    trainer.fit(Digits(), DataLoader(train, 64, shuffle=True), DataLoader(val, 128))
    print(trainer.logged_metrics)
