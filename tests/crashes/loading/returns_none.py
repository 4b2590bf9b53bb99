# first: None | __getitem__
import torch
from torch.utils.data import DataLoader, Dataset


class Broken(Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, index):
        x = torch.rand(3)


for batch in DataLoader(Broken(), batch_size=4):  # <- here
    pass
