# first: float | uint8
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
images = torch.from_numpy(digits.images).to(torch.uint8).unsqueeze(1)
loader = DataLoader(TensorDataset(images, torch.from_numpy(digits.target)), batch_size=64)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 36, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        return self.fc(x.flatten(1))


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for inputs, labels in loader:
    loss = nn.functional.cross_entropy(net(inputs), labels)  # <- here
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
