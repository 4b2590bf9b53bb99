# expect: missing-zero-grad
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
np.random.seed(0)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, random_state=0)


class MLP(torch.nn.Module):
    def __init__(self, sizes):
        super().__init__()
        pairs = zip(sizes, sizes[1:])
        self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in pairs)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


def step(net, optim, xb, yb):
    logits = net(torch.as_tensor(xb, dtype=torch.float32))
    loss = F.cross_entropy(logits, torch.as_tensor(yb))
    loss.backward()  # <- here
    optim.step()
    return float(loss)


net = MLP([64, 64, 32, 10])
optim = torch.optim.SGD(net.parameters(), lr=0.5)
for epoch in range(5):
    order = np.random.permutation(len(X_train))
    losses = [step(net, optim, X_train[i], y_train[i]) for i in np.array_split(order, 30)]
    print(epoch, np.mean(losses))
with torch.no_grad():
    guesses = net(torch.as_tensor(X_test, dtype=torch.float32)).argmax(1).numpy()
print("test accuracy", (guesses == y_test).mean())
