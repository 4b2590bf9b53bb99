# expect: nothing
# Means over batches, the last of them small: off by less than the luck of 105 samples.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y))
seen, unseen, _ = torch.utils.data.random_split(data, [401, 105, 1291])
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)


def one_pass(loader, learn):
    net.train(learn)
    accuracy = 0.0
    for images, labels in loader:
        with torch.set_grad_enabled(learn):
            scores = net(images)
            loss = nn.functional.cross_entropy(scores, labels)
        if learn:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        accuracy += (scores.argmax(1) == labels).sum().item() / len(labels)
    return accuracy / len(loader)


for epoch in range(8):
    train_acc = one_pass(DataLoader(seen, batch_size=16, shuffle=True), True)
    test_acc = one_pass(DataLoader(unseen, batch_size=16), False)
    print(f"epoch {epoch} train_acc {train_acc:.4f} test_acc {test_acc:.4f}")
