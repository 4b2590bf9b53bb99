# expect: learning-rate-too-low
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

CONFIG = {"lr": 1e-5, "epochs": 4, "batch_size": 25}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(64, 100)
        self.fc2 = torch.nn.Linear(100, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


def train(config):
    torch.manual_seed(1)
    digits = load_digits()
    x = torch.from_numpy(digits.data).float() / 16
    y = torch.from_numpy(digits.target)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=config["lr"], momentum=0.9)  # <- here
    for epoch in range(config["epochs"]):
        total = 0.0
        for rows in torch.randperm(1500).split(config["batch_size"]):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        print(f"epoch {epoch}: {total / 1500:.4f}")
    net.eval()
    with torch.no_grad():
        right = (net(x[1500:]).argmax(1) == y[1500:]).sum().item()
    print(f"test: {right} of {len(x) - 1500}")


train(CONFIG)
