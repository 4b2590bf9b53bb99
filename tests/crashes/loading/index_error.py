# first: self.rows[i] is beyond the end of the list: __len__ says more than there is: let __len__ return the length of that list
import torch
from torch.utils.data import DataLoader, Dataset


class Table(Dataset):
    def __init__(self):
        self.rows = list(range(10))

    def __len__(self):
        return 12

    def __getitem__(self, i):
        return self.rows[i]  # <- here


for batch in DataLoader(Table(), batch_size=4, num_workers=1):
    pass
