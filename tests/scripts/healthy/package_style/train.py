# expect: nothing
# module: package_style.train
# args: --epochs 6
import argparse

import torch

from .data import get_loaders
from .engine import evaluate, train_one_epoch
from .model import build_model


def main():
    parser = argparse.ArgumentParser(prog="python -m package_style.train")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=48)
    parser.add_argument("--lr", type=float, default=0.003)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    loaders = get_loaders(args.batch_size, args.seed)
    model = build_model()
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    for epoch in range(args.epochs):
        train_loss = train_one_epoch(model, loaders["train"], criterion, optimizer)
        loss, accuracy = evaluate(model, loaders["test"], criterion)
        print(f"{epoch + 1}/{args.epochs}: train {train_loss:.4f}, test {loss:.4f}, acc {accuracy:.4f}")


if __name__ == "__main__":
    main()
