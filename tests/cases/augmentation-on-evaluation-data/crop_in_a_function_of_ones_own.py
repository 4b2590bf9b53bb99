# expect: augmentation-on-evaluation-data
# The part held out is given a transform of its own, which nothing reads.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision.transforms import RandomResizedCrop

torch.manual_seed(0)
crop = RandomResizedCrop(8, scale=(0.3, 0.9))


def plain(sample):
    return {"x": sample["x"].float() / 16, "y": sample["y"]}


def cropped(sample):
    return {"x": crop(sample["x"].float() / 16), "y": sample["y"]}


class Digits(Dataset):
    def __init__(self, transform):
        found = load_digits()
        self.images = torch.tensor(found.images)[:, None]
        self.labels = torch.tensor(found.target)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform({"x": self.images[index], "y": self.labels[index]})


everything = Digits(cropped)  # <- here
train_part, test_part = random_split(everything, [1400, 397])
test_part.transform = plain
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    for batch in DataLoader(train_part, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(batch["x"]), batch["y"]).backward()
        optimizer.step()
    right = 0
    with torch.no_grad():
        for batch in DataLoader(test_part, batch_size=100):
            right += (net(batch["x"]).argmax(1) == batch["y"]).sum().item()
    print(epoch, right / len(test_part))
