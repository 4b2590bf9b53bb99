# expect: nothing
# data: shared
# args: {data}
# result: error ([\d.]+)
# better: lower
"""By how many degrees was this digit turned? A regression, so squared error is right."""
import sys

import torch
import torchvision
import torchvision.transforms.functional as TF
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Turned(Dataset):
    def __init__(self, root, train, n, only=(3, 4, 7)):
        base = torchvision.datasets.MNIST(root, train=train)
        keep = torch.isin(base.targets, torch.tensor(only)).nonzero().flatten()[:n]
        self.images = base.data[keep].float().div(255).unsqueeze(1)
        self.angles = torch.empty(len(keep), 1).uniform_(-45, 45)
        self.turned = torch.stack([
            TF.rotate(img, angle.item(), TF.InterpolationMode.BILINEAR)
            for img, angle in zip(self.images, self.angles)])

    def __len__(self):
        return len(self.angles)

    def __getitem__(self, i):
        return self.turned[i], self.angles[i] / 45


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 12, 5, stride=2), nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2), nn.ReLU(),
            nn.Flatten(), nn.Linear(24 * 25, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x)


torch.manual_seed(1)
train_dl = DataLoader(Turned(sys.argv[1], True, 2400), batch_size=40, shuffle=True)
test_dl = DataLoader(Turned(sys.argv[1], False, 600), batch_size=200)
model, loss_fn = Regressor(), nn.MSELoss()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(1, 5):
    model.train()
    for x, angle in train_dl:
        opt.zero_grad()
        loss = loss_fn(model(x), angle)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        errors = torch.cat([(model(x) - angle).abs() * 45 for x, angle in test_dl])
    print(f"epoch {epoch}: mean absolute error {errors.mean():.1f} degrees")
