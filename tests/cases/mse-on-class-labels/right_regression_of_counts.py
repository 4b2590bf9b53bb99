# expect: nothing
# Whole-number targets of a regression: how many pixels are bright, and the darkest row's number.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
bright = (images > 0.5).flatten(1).sum(1, keepdim=True).float()
wide = (images.amax(2) > 0.5).flatten(1).sum(1, keepdim=True).float()
targets = torch.cat([bright, wide], dim=1)
x_train, x_test, y_train, y_test = train_test_split(images, targets, random_state=0)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 2)
)
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(8):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, "mean error", (model(x_test) - y_test).abs().mean().item())
