# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])

class Batch:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def to(self, device):
        self.x, self.y = self.x.to(device), self.y.to(device)
        return self


net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
loader = DataLoader(train_set, batch_size=50, shuffle=True, collate_fn=lambda pairs: Batch(
    torch.stack([p[0] for p in pairs]), torch.stack([p[1] for p in pairs])))
for epoch in range(5):
    for batch in loader:
        batch.to("cpu")
        opt.zero_grad()
        nn.functional.cross_entropy(net(batch.x), batch.y).backward()
        opt.step()

net.eval()
with torch.no_grad():
    accuracy = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
