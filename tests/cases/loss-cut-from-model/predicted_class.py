# expect: loss-cut-from-model
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset(images, torch.tensor(digits.target))
train_set, test_set = random_split(data, [1400, 397])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(288, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).flatten(1))


def train(model, loader, criterion, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        outputs = model(x)
        _, predicted = torch.max(outputs, 1)  # <- here
        loss = criterion(predicted.float(), y.float())
        loss.backward()
        optimizer.step()


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(3):
    train(model, DataLoader(train_set, batch_size=64, shuffle=True), nn.MSELoss(), optimizer)
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 128))
    print(epoch, hits / len(test_set))
