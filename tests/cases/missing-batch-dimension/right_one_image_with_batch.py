# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
images, labels = images[order], labels[order]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3)
        self.norm = nn.BatchNorm2d(12)
        self.fc = nn.Linear(12 * 36, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.norm(self.conv(x))).flatten(1))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(3):
    net.train()
    for i in range(0, 1400, 50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images[i : i + 50, None]), labels[i : i + 50])
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(images[1400:, None]).argmax(1) == labels[1400:]).float().mean().item())
    print("one:", net(images[1400][None, None]).argmax(1).item(), labels[1400].item())
