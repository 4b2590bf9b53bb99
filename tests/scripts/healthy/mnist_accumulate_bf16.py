# expect: nothing
# data: shared
# args: --data {data}
# result: held-out accuracy ([\d.]+)
"""Gradient accumulation under bfloat16 autocast."""
import argparse

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import MNIST


def get_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=str, default="data")
    parser.add_argument("--micro-batch", type=int, default=16)
    parser.add_argument("--accumulate", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--n", type=int, default=3200)
    return parser.parse_args()


class Net(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2), nn.SiLU(),
            nn.Conv2d(8, 16, 3, stride=2), nn.SiLU(),
        )
        self.mlp = nn.Sequential(nn.Linear(16 * 6 * 6, hidden), nn.SiLU(), nn.Linear(hidden, 10))

    def forward(self, x):
        h = self.encoder(x)
        return self.mlp(h.flatten(start_dim=1))


def main():
    args = get_args()
    torch.manual_seed(2)
    tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
    train = Subset(MNIST(args.data, train=True, transform=tf), list(range(args.n)))
    held_out = Subset(MNIST(args.data, train=False, transform=tf), list(range(1000)))
    loader = DataLoader(train, batch_size=args.micro_batch, shuffle=True, drop_last=True)
    test_loader = DataLoader(held_out, batch_size=200)

    net = Net()
    opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()

    for epoch in range(args.epochs):
        net.train()
        opt.zero_grad()
        running = 0.0
        for i, (x, y) in enumerate(loader, start=1):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = net(x)
                loss = criterion(logits, y) / args.accumulate
            loss.backward()
            running += loss.item() * args.accumulate
            if i % args.accumulate == 0 or i == len(loader):
                nn.utils.clip_grad_norm_(net.parameters(), 5.0)
                opt.step()
                opt.zero_grad()

        net.eval()
        correct = 0
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            for x, y in test_loader:
                correct += (net(x).float().argmax(1) == y).sum().item()
        print(f"epoch {epoch + 1}: loss {running / len(loader):.4f}, "
              f"held-out accuracy {correct / len(held_out):.4f}")


main()
