# expect: nothing
# The losses of an epoch are gathered as they are, behind their backward, and stacked for its mean.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
train_dl = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=25, shuffle=True)
valid_dl = DataLoader(TensorDataset(images[1400:], labels[1400:]), batch_size=397)


class Base(nn.Module):
    def training_step(self, batch):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch):
        x, y = batch
        return (self(x).argmax(1) == y).float().mean()


class Net(Base):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        return self.layers(x)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    return torch.stack([model.validation_step(batch) for batch in loader]).mean().item()


def fit(epochs, max_lr, model):
    history = []
    optimizer = torch.optim.Adam(model.parameters(), max_lr)
    for epoch in range(epochs):
        model.train()
        train_losses, rates = [], []
        for batch in train_dl:
            loss = model.training_step(batch)
            train_losses.append(loss)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            rates.append(optimizer.param_groups[0]["lr"])
        history.append(torch.stack(train_losses).mean().item())
        print("epoch", epoch, "loss", history[-1], "accuracy", evaluate(model, valid_dl))
    return history


fit(5, 0.003, Net())
