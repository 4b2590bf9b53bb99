# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
corners = torch.randint(0, 13, (900, 2))
scenes = torch.rand(900, 1, 20, 20) * 0.2
for scene, digit, (left, top) in zip(scenes, digits.images, corners.tolist(), strict=False):
    scene[0, top : top + 8, left : left + 8] += torch.tensor(digit / 16, dtype=torch.float32)
boxes = torch.cat([corners, corners + 8], 1) / 20
data = TensorDataset(scenes, boxes, torch.tensor(digits.target[:900]))
train, test = torch.utils.data.random_split(data, [700, 200])


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(800, 48), nn.ReLU(),
        )  # fmt: skip
        self.box = nn.Linear(48, 4)
        self.kind = nn.Linear(48, 10)

    def forward(self, x):
        found = self.body(x)
        return self.box(found), self.kind(found)


model = Detector()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(7):
    model.train()
    for scene, box, kind in DataLoader(train, batch_size=32, shuffle=True):
        where, what = model(scene)
        loss = nn.functional.smooth_l1_loss(where, box) * 10
        loss = loss + nn.functional.cross_entropy(what, kind)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for scene, _, kind in DataLoader(test, batch_size=100):
            right += (model(scene)[1].argmax(1) == kind).sum().item()
    print(epoch, right / 200)
