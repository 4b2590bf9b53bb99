# first: Local | top
import torch
from torch.utils.data import DataLoader, Dataset


def main():
    class Local(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, i):
            return i

    loader = DataLoader(Local(), num_workers=1, multiprocessing_context="spawn")
    return [x for x in loader]  # <- here


if __name__ == "__main__":
    main()
