# expect: computed-but-unused
import random

import torchvision.transforms.functional as TF
from torch.utils.data import Dataset


class Pairs(Dataset):
    def __init__(self, pairs):
        self.pairs = pairs

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        image, label = self.pairs[index]
        if random.random() < 0.5:
            TF.hflip(image)  # <- here
        return TF.to_tensor(image), label
