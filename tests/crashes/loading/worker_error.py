# first: labels
import torch
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __init__(self):
        self.images = torch.rand(20, 3)

    def __len__(self):
        return 20

    def __getitem__(self, i):
        return self.images[i], self.labels[i]  # <- here


for x, y in DataLoader(Images(), batch_size=4, num_workers=2):
    pass
