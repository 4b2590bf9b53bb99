# expect: nothing
# data: shared
# args: --data-dir {data}
# result: test_acc=([\d.]+)
from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, random_split
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, RandomRotation, ToTensor


def conv_bn_act(cin: int, cout: int, k: int, s: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(cin, cout, k, s, k // 2, groups=groups, bias=False),
        nn.BatchNorm2d(cout),
        nn.ReLU6(inplace=True),
    )


class SeparableConv(nn.Module):
    """Depthwise 3x3, then pointwise 1x1."""

    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = conv_bn_act(cin, cin, 3, stride, groups=cin)
        self.pointwise = conv_bn_act(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class TinyMobileNet(nn.Module):
    def __init__(self, num_classes: int = 10, width: int = 16) -> None:
        super().__init__()
        self.stem = conv_bn_act(1, width, 3, 2)
        self.body = nn.Sequential(
            SeparableConv(width, width * 2),
            SeparableConv(width * 2, width * 4, stride=2),
            SeparableConv(width * 4, width * 4),
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(width * 4, num_classes)
        )
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.stem(x)))


def accuracy(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    good = count = 0
    with torch.inference_mode():
        for x, y in loader:
            good += int((model(x).argmax(-1) == y).sum())
            count += y.numel()
    return good / count


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--data-dir", type=Path, default=Path("data"))
    ap.add_argument("--epochs", type=int, default=2)
    ap.add_argument("--train-size", type=int, default=3000)
    opt = ap.parse_args()

    gen = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    norm = Normalize((0.1307,), (0.3081,))
    full = MNIST(opt.data_dir, train=True, transform=Compose([RandomRotation(8), ToTensor(), norm]))
    test = MNIST(opt.data_dir, train=False, transform=Compose([ToTensor(), norm]))
    train, _ = random_split(full, [opt.train_size, len(full) - opt.train_size], generator=gen)
    test, _ = random_split(test, [1000, len(test) - 1000], generator=gen)

    train_loader = DataLoader(train, batch_size=50, shuffle=True, generator=gen)
    test_loader = DataLoader(test, batch_size=250)

    model = TinyMobileNet()
    loss_fn = nn.CrossEntropyLoss()
    optim = torch.optim.AdamW(model.parameters(), lr=3e-3)

    for epoch in range(opt.epochs):
        model.train()
        for x, y in train_loader:
            loss = loss_fn(model(x), y)
            optim.zero_grad()
            loss.backward()
            optim.step()
        print(f"epoch={epoch} last_loss={loss.item():.4f} test_acc={accuracy(model, test_loader):.4f}")


if __name__ == "__main__":
    main()
