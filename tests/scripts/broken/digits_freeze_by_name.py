# expect: frozen-parameters
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.classifier = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.classifier(x.flatten(1))


def make_loaders(upto, offset):
    d = load_digits()
    x = torch.tensor(d.images / 16, dtype=torch.float32)[:, None]
    y = torch.tensor(d.target)
    x, y = x[offset:upto], y[offset:upto]
    cut = int(0.8 * len(x))
    return (DataLoader(TensorDataset(x[:cut], y[:cut]), batch_size=32, shuffle=True),
            DataLoader(TensorDataset(x[cut:], y[cut:]), batch_size=64))


def run(model, parameters, loaders, epochs):
    train_loader, test_loader = loaders
    optimizer = torch.optim.Adam(parameters, lr=2e-3)
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            ok = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
        print(f"epoch {epoch} acc {ok / len(test_loader.dataset):.3f}")


torch.manual_seed(0)
model = SmallNet()
run(model, model.parameters(), make_loaders(1000, 0), epochs=3)

# adapt only the last layer to the second half of the writers
for name, param in model.named_parameters():
    if not name.startswith("fc"):  # <- here
        param.requires_grad = False  # <- here
run(model, model.parameters(), make_loaders(1797, 1000), epochs=3)
