# expect: metric-miscomputed
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(4)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
x_train, y_train, x_val, y_val = images[:1300], labels[:1300], images[1300:], labels[1300:]
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(288, 10)
)
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)


def validate():
    net.eval()
    correct = total = 0
    with torch.no_grad():
        for i in range(0, len(x_val), 71):
            xb, yb = x_val[i : i + 71], y_val[i : i + 71]
            correct += int((net(xb).argmax(1) == yb).sum())
            total += len(xb) + len(yb)
    net.train()
    accuracy = correct / total  # <- here
    print("validation accuracy: %.4f" % accuracy)


for epoch in range(5):
    for rows in torch.randperm(1300).split(50):
        opt.zero_grad()
        F.cross_entropy(net(x_train[rows]), y_train[rows]).backward()
        opt.step()
    validate()
