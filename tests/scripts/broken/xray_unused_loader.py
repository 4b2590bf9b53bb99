# expect: no-held-out-evaluation
# data: shared
# args: {data}/pneumoniamnist.npz
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def dataset(archive, name):
    x = torch.from_numpy(archive[f'{name}_images']).unsqueeze(1).float() / 255
    y = torch.from_numpy(archive[f'{name}_labels']).squeeze(1).long()
    return TensorDataset(x.sub(0.57).div(0.17), y)


class Block(nn.Sequential):
    def __init__(self, cin, cout):
        super().__init__(nn.Conv2d(cin, cout, 3, stride=2, padding=1), nn.GroupNorm(4, cout), nn.SiLU())


def get_model():
    return nn.Sequential(Block(1, 8), Block(8, 16), Block(16, 32), nn.Flatten(), nn.Linear(512, 2))


def train(model, loader, epochs=3):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for epoch in range(epochs):  # <- here
        model.train()
        history = []
        for x, y in loader:  # <- here
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)  # <- here
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        print('epoch', epoch, 'mean loss', np.mean(history).round(4))


if __name__ == '__main__':
    torch.manual_seed(0)
    archive = np.load(sys.argv[1])
    train_loader = DataLoader(dataset(archive, 'train'), batch_size=64, shuffle=True)
    val_loader = DataLoader(dataset(archive, 'val'), batch_size=64)  # <- here
    train(get_model(), train_loader)
