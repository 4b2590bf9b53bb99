# expect: label-destroying-augmentation
# Segmentation: the image and its mask are flipped by two separate draws.
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Blobs(Dataset):
    def __init__(self, n, seed, transform=None, mask_transform=None):
        g = torch.Generator().manual_seed(seed)
        self.masks = torch.zeros(n, 1, 16, 16)
        for i, (r, c) in enumerate(torch.randint(0, 11, (n, 2), generator=g).tolist()):
            self.masks[i, 0, r : r + 5, c : c + 5] = 1
        self.images = self.masks + 0.3 * torch.randn(self.masks.shape, generator=g)
        self.transform, self.mask_transform = transform, mask_transform

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, i):
        image, mask = self.images[i], self.masks[i]
        if self.transform:
            image = self.transform(image)
        if self.mask_transform:
            mask = self.mask_transform(mask)
        return image, mask


torch.manual_seed(0)
tf = T.Compose([T.RandomHorizontalFlip(), T.RandomVerticalFlip()])  # <- here
train = DataLoader(Blobs(400, 1, transform=tf, mask_transform=tf), batch_size=20, shuffle=True)
val = DataLoader(Blobs(100, 2), batch_size=50)
net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
criterion = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    net.train()
    for image, mask in train:
        opt.zero_grad()
        criterion(net(image), mask).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        dice = []
        for image, mask in val:
            guess = (net(image) > 0).float()
            dice.append((2 * (guess * mask).sum() / (guess.sum() + mask.sum() + 1)).item())
    print(epoch, "dice", sum(dice) / len(dice))
