# expect: labels-out-of-range
# Only 3, 5 and 8 are kept, for a network with three outputs; the labels stay 3, 5 and 8.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
everything = TensorDataset(images, torch.tensor(digits.target))
kept = [i for i, label in enumerate(digits.target) if label in (3, 5, 8)]
subset = Subset(everything, kept)
train_set, test_set = random_split(subset, [len(subset) - 100, 100])


class ThreeWay(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten())
        self.out = nn.Linear(288, 3)

    def forward(self, x):
        return self.out(self.features(x))


model = ThreeWay()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(3):
    model.train()
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(x), y)  # <- here
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_set, 100))
    print(epoch, hits / len(test_set))
