# expect: target-encoding-mismatch
# The data set gives the classes by name; the loader can make no tensor of them.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

NAMES = "zero one two three four five six seven eight nine".split()


class Digits(Dataset):
    def __init__(self):
        digits = load_digits()
        self.images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
        self.names = [NAMES[label] for label in digits.target]

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        return self.images[index], self.names[index]


torch.manual_seed(0)
train_set, test_set = random_split(Digits(), [1400, 397])
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(2):
    model.train()
    for images, names in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(images), names)  # <- here
        loss.backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for images, names in DataLoader(test_set, batch_size=128):
            guessed = [NAMES[i] for i in model(images).argmax(1)]
            right += sum(a == b for a, b in zip(guessed, names))
    print(epoch, right / len(test_set))
