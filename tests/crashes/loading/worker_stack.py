# first: the samples of a batch differ in shape: [1, 4] and [2, 4]: write nn.utils.rnn.pad_sequence(samples, batch_first=True) in a collate_fn of the DataLoader
import torch
from torch.utils.data import DataLoader, Dataset


class Clips(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return torch.rand(i + 1, 4)


def main():
    for clip in DataLoader(Clips(), batch_size=4, num_workers=2):  # <- here
        pass


if __name__ == "__main__":
    main()
