# expect: freeze-without-effect
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class Classifier(nn.Module):
    def __init__(self, encoder, classes):
        super().__init__()
        self.encoder = encoder
        self.encoder.requires_grad = False  # <- here
        self.head = nn.Linear(128, classes)

    def forward(self, x):
        return self.head(self.encoder(x))


def train(model, x, y, epochs=4):
    opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=2e-3)
    loss_fn = nn.CrossEntropyLoss()
    for _ in range(epochs):
        model.train()
        for images, labels in DataLoader(TensorDataset(x, y), 25, shuffle=True):
            opt.zero_grad()
            loss_fn(model(images), labels).backward()
            opt.step()


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(digits.target)
encoder = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
train(nn.Sequential(encoder, nn.Linear(128, 10)), x[:700], y[:700])
model = Classifier(encoder, 10)
train(model, x[700:1400], y[700:1400], epochs=6)
model.eval()
with torch.no_grad():
    print((model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
