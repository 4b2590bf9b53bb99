# expect: target-encoding-mismatch
# data: shared
# args: --file {data}/pneumoniamnist.npz
import argparse
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader


class PneumoniaDataset(Dataset):
    def __init__(self, file, split):
        with np.load(file) as f:
            self.imgs = f[f'{split}_images']
            self.labels = f[f'{split}_labels']

    def __len__(self):
        return self.imgs.shape[0]

    def __getitem__(self, idx):
        img = torch.from_numpy(self.imgs[idx]).float() / 255.
        label = torch.from_numpy(self.labels[idx]).long()  # <- here
        return img.unsqueeze(0), label


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2)
        self.fc = nn.Linear(16 * 6 * 6, 2)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(x.view(x.shape[0], -1))


def main(args):
    torch.manual_seed(0)
    train_loader = DataLoader(PneumoniaDataset(args.file, 'train'), batch_size=64, shuffle=True)
    val_loader = DataLoader(PneumoniaDataset(args.file, 'val'), batch_size=64)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        net.train()
        for img, label in train_loader:
            out = net(img)
            loss = F.cross_entropy(out, label)  # <- here
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        right = 0
        with torch.no_grad():
            for img, label in val_loader:
                right += (net(img).argmax(1) == label.view(-1)).sum().item()
        print('epoch', epoch, 'val acc', right / len(val_loader.dataset))


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--file')
    p.add_argument('--epochs', type=int, default=3)
    main(p.parse_args())
