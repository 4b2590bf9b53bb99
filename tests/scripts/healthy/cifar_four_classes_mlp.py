# expect: nothing
# args: --data {data}
# data: shared
"""Four classes of CIFAR-10, a small dense network, a part held out."""
import argparse
import pickle

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
args = parser.parse_args()

torch.manual_seed(0)
with open(f"{args.data}/cifar-10-batches-py/data_batch_2", "rb") as handle:
    batch = pickle.load(handle, encoding="latin1")
labels = torch.tensor(batch["labels"])
chosen = (labels < 4).nonzero()[:1200, 0]
images = torch.from_numpy(batch["data"]).view(-1, 3, 32, 32)[chosen].float() / 127.5 - 1
full = TensorDataset(images, labels[chosen])
order = torch.randperm(len(full), generator=torch.Generator().manual_seed(1)).tolist()
train = DataLoader(Subset(full, order[:900]), batch_size=50, shuffle=True)
held_out = DataLoader(Subset(full, order[900:]), batch_size=100)

net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 4))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
for epoch in range(4):
    net.train()
    for x, y in train:
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in held_out)
    print(f"epoch {epoch} val_acc {right / 300:.3f}")
