# expect: learning-rate-too-high
# needs: lightning
# change: write lr=
import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split


class LitDigits(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 4 * 4, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(x.flatten(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        acc = (self(x).argmax(1) == y).float().mean()
        self.log("val_acc", acc)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1.0)  # <- here


L.seed_everything(1)
digits = load_digits()
dataset = TensorDataset(
    torch.from_numpy(digits.images).float().unsqueeze(1) / 16, torch.from_numpy(digits.target)
)
train_set, val_set = random_split(dataset, [1500, 297])
trainer = L.Trainer(max_epochs=6, accelerator="cpu", logger=False, enable_progress_bar=False,
                    enable_checkpointing=False)
trainer.fit(
    LitDigits(),
    DataLoader(train_set, batch_size=64, shuffle=True),
    DataLoader(val_set, batch_size=64),
)
print("validation accuracy:", trainer.callback_metrics["val_acc"].item())
