# expect: nothing
# Several properties of each image at once, each 0 or 1: that is what BCE is for.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
numbers = torch.tensor(digits.target)
properties = torch.stack([numbers % 2 == 0, numbers >= 5, numbers % 3 == 0], dim=1).float()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train_set, test_set = random_split(TensorDataset(images, properties), [1400, 397])
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 32), nn.ReLU(), nn.Linear(32, 3)
)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(6):
    model.train()
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = [((model(x) > 0) == y.bool()).float().mean() for x, y in DataLoader(test_set, 397)]
    print(epoch, torch.stack(right).mean().item())
