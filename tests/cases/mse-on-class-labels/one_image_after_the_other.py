# expect: mse-on-class-labels
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = digits.target.tolist()
order = torch.randperm(len(x)).tolist()


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = torch.nn.Linear(64, 60)
        self.layer2 = torch.nn.Linear(60, 10)

    def forward(self, x):
        x = torch.sigmoid(self.layer1(x))
        return torch.sigmoid(self.layer2(x))


net = Net()
loss_function = torch.nn.MSELoss()  # <- here
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for start in range(0, 1200, 30):
    optimizer.zero_grad()
    for i in order[start : start + 30]:
        wanted = torch.tensor([float(j == y[i]) for j in range(10)])
        loss = loss_function(net(x[i]), wanted)  # <- here
        loss.backward()
    optimizer.step()

right = 0
with torch.no_grad():
    for i in order[1300:]:
        right += int(net(x[i : i + 1]).argmax(1) == y[i])
print("test accuracy", right / len(order[1300:]))
