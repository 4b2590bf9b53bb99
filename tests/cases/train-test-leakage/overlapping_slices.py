# expect: train-test-leakage
# The slices overlap: the test part begins before the training part ends.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(3)
data = load_digits()
order = torch.randperm(len(data.target))
x = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1)[order] / 8 - 1
y = torch.tensor(data.target)[order]
x_train, y_train = x[:1500], y[:1500]
x_test, y_test = x[1350:], y[1350:]

model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 12, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(12 * 16, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def train(epoch):
    model.train()
    for idx in torch.randperm(len(x_train)).split(50):
        optimizer.zero_grad()
        F.cross_entropy(model(x_train[idx]), y_train[idx]).backward()
        optimizer.step()


def test():
    model.eval()
    with torch.no_grad():
        return (model(x_test).argmax(1) == y_test).float().mean().item()


for epoch in range(5):
    train(epoch)
print("accuracy on the test images:", test())
