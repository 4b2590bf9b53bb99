# expect: missing-batch-dimension
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset, Subset


class Digits(Dataset):
    def __init__(self):
        self.data = load_digits()

    def __len__(self):
        return len(self.data.target)

    def __getitem__(self, i):
        return torch.tensor(self.data.images[i] / 16).float()[None], int(self.data.target[i])


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)
        self.head = nn.Linear(16 * 4 * 4, 10)

    def forward(self, x):
        x = torch.relu(self.c2(torch.relu(self.c1(x))))
        return self.head(torch.flatten(x, start_dim=1))


torch.manual_seed(0)
data = Digits()
model = Cnn()
opt = optim.Adam(model.parameters(), 0.003)
for img, lab in DataLoader(Subset(data, range(1300)), 64, shuffle=True):
    opt.zero_grad()
    nn.CrossEntropyLoss()(model(img), lab).backward()
    opt.step()


def show(index):
    img, lab = data[index]
    with torch.no_grad():
        guess = model(img).argmax(dim=1)  # <- here
    print(f"image {index}: it is {lab}, guessed {guess.item()}")


show(1500)
