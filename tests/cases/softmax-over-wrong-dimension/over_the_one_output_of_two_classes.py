# expect: softmax-over-wrong-dimension
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

bunch = load_digits()
x = torch.tensor(bunch.images / 16, dtype=torch.float32).unsqueeze(1)
large = torch.tensor(bunch.target > 4).float()
train = DataLoader(TensorDataset(x[:1400], large[:1400]), batch_size=32, shuffle=True)


class TwoClasses(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 1))
        self.probability = nn.Softmax(dim=1)  # <- here

    def forward(self, image):
        return self.probability(self.body(image))


net = TwoClasses()
adam = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(4):
    for image, label in train:
        adam.zero_grad()
        loss = nn.functional.binary_cross_entropy(net(image).squeeze(), label)
        loss.backward()
        adam.step()
    print(epoch, loss.item())
with torch.no_grad():
    print("held out:", ((net(x[1400:]).squeeze() > 0.5) == (large[1400:] > 0)).float().mean().item())
