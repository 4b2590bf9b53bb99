# expect: nothing
import numpy as np
import torch
from torch.utils.data import Dataset


class Held(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        np.clip(images, 0, 255, out=images)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        image = np.fliplr(image) if index % 2 else image
        rows = [np.roll(image, 1, axis=0), image]
        np.random.shuffle(rows)
        return torch.from_numpy(np.stack(rows)), self.labels[index]
