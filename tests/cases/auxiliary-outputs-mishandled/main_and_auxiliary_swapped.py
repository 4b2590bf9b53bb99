# expect: auxiliary-outputs-mishandled
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    """In training (scores, auxiliary scores), as GoogLeNet."""

    def __init__(self):
        super().__init__()
        self.early = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.aux = nn.Linear(16 * 16, 10)
        self.late = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = self.early(x)
        side = self.aux(x.flatten(1))
        out = self.fc(self.late(x).flatten(1))
        return (out, side) if self.training else out


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
images, labels = images[order], labels[order]
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
criterion = nn.CrossEntropyLoss()
loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=40, shuffle=True)
for epoch in range(4):
    model.train()
    for x, y in loader:
        aux_out, out = model(x)  # <- here
        loss = criterion(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = (model(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
    print("epoch", epoch, "accuracy", right)
