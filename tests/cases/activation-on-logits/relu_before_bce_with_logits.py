# expect: activation-on-logits
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class EvenOrOdd(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.hidden = nn.Linear(8 * 4 * 4, hidden)
        self.out = nn.Linear(hidden, 1)
        self.act = nn.ReLU()

    def forward(self, images):
        h = self.act(self.hidden(self.features(images).flatten(1)))
        return self.act(self.out(h)).squeeze(1)  # <- here


def main():
    torch.manual_seed(1)
    digits = load_digits()
    images = torch.from_numpy(digits.images / 16.0).float().unsqueeze(1)
    odd = torch.from_numpy(digits.target % 2).float()
    model, criterion = EvenOrOdd(), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(5):
        model.train()
        for idx in torch.randperm(1400).split(64):
            optimizer.zero_grad()
            criterion(model(images[idx]), odd[idx]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = ((model(images[1400:]) > 0) == (odd[1400:] > 0.5)).float().mean().item()
        print(f"epoch {epoch}: {right:.3f}")


main()
