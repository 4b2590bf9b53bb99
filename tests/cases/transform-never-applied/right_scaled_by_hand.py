# expect: nothing
# The stored images of the test set are scaled by hand, as ToTensor() would; training draws items.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.manual_seed(0)


class Scans(Dataset):
    def __init__(self, part, transform):
        digits = load_digits()
        self.data = torch.tensor(digits.images[part] * 15, dtype=torch.uint8)
        self.targets = torch.tensor(digits.target[part])
        self.transform = transform

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return self.transform(self.data[i].numpy()), self.targets[i]


train_data = Scans(slice(0, 1300), transforms.ToTensor())
test_data = Scans(slice(1300, 1797), transforms.ToTensor())
test_x = test_data.data.unsqueeze(1).float() / 255.0
test_y = test_data.targets
cnn = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(cnn.parameters(), lr=3e-3)
for epoch in range(5):
    cnn.train()
    for x, y in DataLoader(train_data, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(cnn(x), y).backward()
        optimizer.step()
    cnn.eval()
    with torch.no_grad():
        print(epoch, (cnn(test_x).argmax(1) == test_y).float().mean().item())
