# expect: misaligned-images-and-labels
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
data = load_digits()
inputs, classes = torch.tensor(data.data / 16).float(), torch.tensor(data.target)
mix = torch.randperm(len(inputs))
train = TensorDataset(inputs[mix[:1300]], classes[mix[:1300]])
test = TensorDataset(inputs[mix[1300:]], classes[mix[1300:]])
train_loader = DataLoader(train, batch_size=65, shuffle=True)
test_loader = DataLoader(test, batch_size=100)


class Perceptron(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10))

    def forward(self, x):
        return self.layers(x)


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return sum((net(a).argmax(1) == b).sum().item() for a, b in test_loader) / len(test)


def fit(net, epochs, scores=None):
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for epoch in range(epochs):
        net.train()
        for i, (a, b) in enumerate(train_loader):
            out = net(a)
            if scores is None:
                loss = nn.functional.cross_entropy(out, b)
            else:
                loss = nn.functional.kl_div(out.log_softmax(1), scores[i].softmax(1), reduction="batchmean")  # <- here
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print(f"{net.layers[0].out_features} units: accuracy {accuracy(net):.3f}")


teacher = Perceptron(256)
fit(teacher, 6)
teacher.eval()
with torch.no_grad():
    stored = [teacher(a) for a, _ in train_loader]
fit(Perceptron(24), 8, stored)
