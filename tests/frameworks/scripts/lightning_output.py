# expect: softmax-before-cross-entropy
# needs: lightning
"""A digit classifier; probabilities come out of forward()."""
import torch
import lightning.pytorch as pl
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )
        self.out = nn.Linear(32 * 16, 10)

    def forward(self, x):
        return torch.softmax(self.out(self.body(x)), dim=1)  # <- here


class Classifier(pl.LightningModule):
    def __init__(self, net, lr):
        super().__init__()
        self.net = net
        self.lr = lr
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.net(x)

    def step(self, batch, name):
        images, labels = batch
        outputs = self(images)
        loss = self.criterion(outputs, labels)  # <- here
        accuracy = (outputs.argmax(dim=1) == labels).float().mean()
        self.log_dict({f"{name}_loss": loss, f"{name}_acc": accuracy}, on_step=False, on_epoch=True)
        return loss

    def training_step(self, batch, batch_idx):
        return self.step(batch, "train")

    def validation_step(self, batch, batch_idx):
        self.step(batch, "val")

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9)


pl.seed_everything(0)
digits = load_digits()
x = torch.tensor(digits.images[:, None] / 16.0).float()
y = torch.tensor(digits.target).long()
x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(x_val, y_val), batch_size=128)

model = Classifier(Net(), lr=0.02)
trainer = pl.Trainer(
    max_epochs=5, accelerator="cpu", logger=False, enable_checkpointing=False,
    enable_progress_bar=False, enable_model_summary=False,
)
trainer.fit(model, train_loader, val_loader)
print(trainer.callback_metrics)
