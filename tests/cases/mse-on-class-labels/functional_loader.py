# expect: mse-on-class-labels
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(5)


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3, padding=1)
        self.head = nn.Linear(12 * 16, classes)

    def forward(self, image):
        x = F.max_pool2d(F.relu(self.conv(image)), 2)
        return self.head(x.flatten(1))


def main():
    digits = load_digits()
    data = TensorDataset(
        torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16,
        torch.tensor(digits.target, dtype=torch.float32),
    )
    train_set, valid_set = random_split(data, [1497, 300])
    train = DataLoader(train_set, batch_size=32, shuffle=True)
    valid = DataLoader(valid_set, batch_size=100)
    net = Classifier(10)
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        net.train()
        for image, digit in train:
            optimizer.zero_grad()
            F.mse_loss(net(image), digit).backward()  # <- here
            optimizer.step()
        net.eval()
        with torch.no_grad():
            hits = sum((net(i).argmax(1) == d).sum().item() for i, d in valid)
        print(epoch, hits / len(valid_set))


main()
