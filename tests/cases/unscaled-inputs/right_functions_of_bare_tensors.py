# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(1)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images * 15.9).to(torch.uint8).view(-1, 1, 8, 8)
labels = torch.tensor(labels)


def weight(*shape):
    w = torch.empty(*shape)
    torch.nn.init.kaiming_normal_(w)
    return w.requires_grad_()


w1, b1 = weight(16, 1, 3, 3), torch.zeros(16, requires_grad=True)
w2, b2 = weight(10, 576), torch.zeros(10, requires_grad=True)


def network(x):
    return F.linear(F.relu(F.conv2d(x, w1, b1)).flatten(1), w2, b2)


def batches(rows):
    for part in rows.split(32):
        yield images[part].float() / 255, labels[part]


optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=0.05, momentum=0.9)
for epoch in range(4):
    for x, y in batches(torch.randperm(1400)):
        loss = F.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        hits = sum((network(x).argmax(1) == y).sum().item() for x, y in batches(torch.arange(1400, 1797)))
    print(f"epoch {epoch}: {hits / 397:.3f}")
