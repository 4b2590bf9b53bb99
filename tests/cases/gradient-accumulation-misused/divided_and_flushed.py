# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])
def main(accumulate=4, epochs=6):
    loader = DataLoader(train_set, batch_size=18, shuffle=True)
    net = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    for epoch in range(epochs):
        for step, (x, y) in enumerate(loader, start=1):
            loss = nn.functional.cross_entropy(net(x), y)
            (loss / accumulate).backward()
            if step % accumulate == 0 or step == len(loader):
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 99))
    print("test", right / len(test_set))


main()
