# expect: nothing
# Few pixels are ink: always saying "paper" costs little, and a sound training passes that loss.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
ink = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
mask = (ink > 0.9).float()
noisy = 0.7 * ink + 0.3 * torch.rand(ink.shape)
loader = DataLoader(TensorDataset(noisy[:800], mask[:800]), batch_size=25, shuffle=True)


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())


model = nn.Sequential(block(1, 12), block(12, 12), nn.Conv2d(12, 1, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(6):
    model.train()
    for images, masks in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), masks)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        said = (model(noisy[800:]) > 0).float()
        both = (said * mask[800:]).sum()
        dice = 2 * both / (said.sum() + mask[800:].sum()).clamp(min=1)
    print(f"epoch {epoch}: loss {loss.item():.3f}, Dice {dice.item():.3f}")
