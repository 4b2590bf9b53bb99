import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Subset, TensorDataset


def get_loaders(batch_size, seed):
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1)
    images = images.div(16).sub(0.3).div(0.38)
    dataset = TensorDataset(images, torch.tensor(digits.target))
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(seed)).tolist()
    cut = int(0.8 * len(order))
    return {
        "train": DataLoader(Subset(dataset, order[:cut]), batch_size, shuffle=True),
        "test": DataLoader(Subset(dataset, order[cut:]), 2 * batch_size),
    }
