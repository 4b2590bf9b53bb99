# first: lambda | def
import torch
from torch.utils.data import DataLoader, Dataset


class Items(Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 8

    def __getitem__(self, i):
        return self.transform(i)


if __name__ == "__main__":
    loader = DataLoader(Items(lambda i: i * 2), batch_size=2, num_workers=1, multiprocessing_context="spawn")
    for x in loader:  # <- here
        pass
