# expect: softmax-before-cross-entropy
# Adam gets it to learn; the loss stays at 1.5 and says nothing.
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten())
        self.fc = nn.Linear(576, 10)
        self.activation = nn.Softmax(dim=1)  # <- here

    def forward(self, x):
        return self.activation(self.fc(self.body(x)))


torch.manual_seed(0)
bunch = load_digits()
x = torch.tensor(bunch.images / 16, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(bunch.target)
index = torch.randperm(1797)
train, test = index[:1400], index[1400:]
net = Net()
adam = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(8):
    net.train()
    total = 0.0
    for batch in train[torch.randperm(1400)].split(32):
        adam.zero_grad()
        loss = nn.functional.cross_entropy(net(x[batch]), y[batch])
        loss.backward()
        adam.step()
        total += loss.item() * len(batch)
    net.eval()
    with torch.no_grad():
        accuracy = (net(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"epoch {epoch} loss {total / 1400:.3f} accuracy {accuracy:.3f}")
