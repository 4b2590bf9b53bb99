# expect: mse-on-class-labels
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(2)
raw = load_digits()
images = torch.tensor(raw.images, dtype=torch.float32).unsqueeze(1) / 16
one_hot = F.one_hot(torch.tensor(raw.target), num_classes=10).float()
train_set, test_set = random_split(TensorDataset(images, one_hot), [1400, 397])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Linear(8 * 9, 10)

    def forward(self, x):
        return torch.sigmoid(self.classifier(self.features(x).flatten(1)))


net = Net()
criterion = nn.MSELoss(reduction="mean")
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(6):
    net.train()
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        criterion(net(x), y).backward()  # <- here
        optimizer.step()
net.eval()
with torch.no_grad():
    hits = sum(
        (net(x).argmax(1) == y.argmax(1)).sum().item() for x, y in DataLoader(test_set, 128)
    )
print("accuracy", hits / len(test_set))
