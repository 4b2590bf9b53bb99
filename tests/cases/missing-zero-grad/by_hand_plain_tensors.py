# expect: missing-zero-grad
# A perceptron written from scratch: no module and no optimizer, weights that the script moves.
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
w1 = (torch.randn(64, 48) * 0.1).requires_grad_()
b1 = torch.zeros(48, requires_grad=True)
w2 = (torch.randn(48, 10) * 0.1).requires_grad_()
b2 = torch.zeros(10, requires_grad=True)


def batches(size):
    order = torch.randperm(1500)
    for start in range(0, 1500, size):
        chosen = order[start : start + size]
        yield x[chosen], y[chosen]


def net(images):
    return torch.relu(images @ w1 + b1) @ w2 + b2


for epoch in range(4):
    for images, labels in batches(50):
        loss = torch.nn.functional.cross_entropy(net(images), labels)
        loss.backward()  # <- here
        with torch.no_grad():
            for p in (w1, b1, w2, b2):
                p -= 0.1 * p.grad
    with torch.no_grad():
        print(epoch, (net(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
