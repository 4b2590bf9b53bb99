# expect: nothing
# data: shared
# args: --root {data} --epochs 2 --limit 1600
"""VGG with batch norm on CIFAR-10."""
import argparse
import time

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, Subset
from torchvision import transforms as T
from torchvision.datasets import CIFAR10

CFG = {
    'mini': [16, 'M', 32, 'M', 64, 'M'],
    'vgg11': [64, 'M', 128, 'M', 256, 256, 'M', 512, 512, 'M', 512, 512, 'M'],
}

stats = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
train_tfms = T.Compose([
    T.RandomCrop(32, padding=4, padding_mode='reflect'),
    T.RandomHorizontalFlip(),
    T.ToTensor(),
    T.Normalize(*stats),
])
valid_tfms = T.Compose([T.ToTensor(), T.Normalize(*stats)])


def make_layers(cfg):
    layers, in_channels = [], 3
    for v in cfg:
        if v == 'M':
            layers += [nn.MaxPool2d(2, 2)]
        else:
            layers += [nn.Conv2d(in_channels, v, 3, padding=1, bias=False),
                       nn.BatchNorm2d(v),
                       nn.ReLU(inplace=True)]
            in_channels = v
    layers += [nn.AdaptiveAvgPool2d(1)]
    return nn.Sequential(*layers), in_channels


class VGG(nn.Module):
    def __init__(self, name, num_classes=10):
        super().__init__()
        self.features, width = make_layers(CFG[name])
        self.classifier = nn.Linear(width, num_classes)

    def forward(self, x):
        out = self.features(x)
        out = out.view(out.size(0), -1)
        return self.classifier(out)


def run_epoch(net, loader, criterion, optimizer=None):
    training = optimizer is not None
    net.train(training)
    loss_sum, hits, seen = 0.0, 0, 0
    with torch.set_grad_enabled(training):
        for x, y in loader:
            out = net(x)
            loss = criterion(out, y)
            if training:
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            seen += len(y)
    return loss_sum / seen, hits / seen


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--root', default='~/.data')
    p.add_argument('--arch', default='mini', choices=sorted(CFG))
    p.add_argument('--epochs', type=int, default=30)
    p.add_argument('--limit', type=int, default=0)
    p.add_argument('--lr', type=float, default=0.03)
    p.add_argument('--bs', type=int, default=32)
    args = p.parse_args()
    torch.manual_seed(7)

    train_ds = CIFAR10(args.root, train=True, download=True, transform=train_tfms)
    valid_ds = CIFAR10(args.root, train=False, download=True, transform=valid_tfms)
    if args.limit:
        train_ds = Subset(train_ds, range(args.limit))
        valid_ds = Subset(valid_ds, range(args.limit // 4))
    train_dl = DataLoader(train_ds, args.bs, shuffle=True, num_workers=0, drop_last=True)
    valid_dl = DataLoader(valid_ds, args.bs * 2)

    net = VGG(args.arch)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4)
    scheduler = CosineAnnealingLR(optimizer, T_max=args.epochs)

    for epoch in range(args.epochs):
        t0 = time.perf_counter()
        tl, ta = run_epoch(net, train_dl, criterion, optimizer)
        vl, va = run_epoch(net, valid_dl, criterion)
        scheduler.step()
        print(f'{epoch:03d} | lr {scheduler.get_last_lr()[0]:.4f} | train {tl:.3f} {ta:.2%} '
              f'| valid {vl:.3f} {va:.2%} | {time.perf_counter() - t0:.1f}s')


if __name__ == '__main__':
    main()
