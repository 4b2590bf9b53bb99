# expect: misaligned-images-and-labels
# also: evaluated-on-training-data, train-test-leakage
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

digits = load_digits()
PARTITION = torch.zeros(1797, dtype=torch.long)
PARTITION[1000:1400], PARTITION[1400:] = 1, 2


class Table(Dataset):
    def __init__(self, split):
        mask = PARTITION == ("train", "valid", "test").index(split)
        self.images = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
        self.labels = torch.tensor(digits.target)[mask]

    def __getitem__(self, i):
        return self.images[i], self.labels[i]

    def __len__(self):
        return len(self.labels)


torch.manual_seed(0)
train = DataLoader(Table("train"), batch_size=50, shuffle=True)
valid = DataLoader(Table("valid"), batch_size=100)  # <- here
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    right = 0
    with torch.no_grad():
        for x, y in valid:  # <- here
            right += (net(x).argmax(1) == y).sum().item()  # <- here
    print(f"epoch {epoch}: validation accuracy {right / len(valid.dataset):.3f}")
