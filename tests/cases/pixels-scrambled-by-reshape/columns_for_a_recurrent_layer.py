# expect: pixels-scrambled-by-reshape
# A recurrent layer is to read the columns of the maps, from left to right.
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3, padding=1)
        self.norm = nn.BatchNorm2d(12)
        self.rnn = nn.GRU(12 * 4, 40, batch_first=True)
        self.out = nn.Linear(40, 10)

    def forward(self, image):
        maps = F.max_pool2d(F.relu(self.norm(self.conv(image))), (2, 1))
        columns = maps.reshape(maps.size(0), maps.size(3), -1)  # <- here
        states, _ = self.rnn(columns)
        return self.out(states[:, -1])


digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train = TensorDataset(images[:1400], torch.tensor(digits.target[:1400]))
reader = Reader()
adam = torch.optim.Adam(reader.parameters(), lr=2e-3)
for epoch in range(5):
    reader.train()
    for image, digit in DataLoader(train, batch_size=50, shuffle=True):
        adam.zero_grad()
        F.cross_entropy(reader(image), digit).backward()
        adam.step()
    reader.eval()
    with torch.no_grad():
        right = (reader(images[1400:]).argmax(1) == torch.tensor(digits.target[1400:])).sum().item()
    print(f"{epoch}: {right / 397:.3f}")
