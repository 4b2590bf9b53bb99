# first: num_workers=0
import os

import torch
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __len__(self):
        return 20

    def __getitem__(self, i):
        os._exit(1)


if __name__ == "__main__":
    loader = DataLoader(Images(), batch_size=4, num_workers=2)
    for x in loader:  # <- here
        pass
