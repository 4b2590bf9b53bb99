# expect: nothing
# needs: timm
"""A training loop with the parts of timm's own train.py."""
import numpy as np
import timm
import torch
from sklearn.datasets import load_digits
from timm.data import Mixup, create_transform
from timm.loss import SoftTargetCrossEntropy
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.utils import AverageMeter, ModelEmaV2, accuracy, dispatch_clip_grad, random_seed
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.functional import to_pil_image

NORM = dict(mean=(0.305,) * 3, std=(0.376,) * 3)


class Digits(Dataset):
    def __init__(self, index, transform):
        digits = load_digits()
        self.images = (digits.images[index] * 255 / 16).astype(np.uint8)
        self.targets = digits.target[index]
        self.transform = transform

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        image = to_pil_image(self.images[i]).convert("RGB")
        return self.transform(image), int(self.targets[i])


def train_one_epoch(epoch, model, loader, optimizer, loss_fn, mixup_fn, scheduler, ema):
    losses = AverageMeter()
    model.train()
    updates = epoch * len(loader)
    for input, target in loader:
        input, target = mixup_fn(input, target)
        output = model(input)
        loss = loss_fn(output, target)
        optimizer.zero_grad()
        loss.backward()
        dispatch_clip_grad(model.parameters(), 1.0, mode="norm")
        optimizer.step()
        ema.update(model)
        updates += 1
        scheduler.step_update(num_updates=updates, metric=losses.avg)
        losses.update(loss.item(), input.size(0))
    return losses.avg


def validate(model, loader, loss_fn):
    losses, top1 = AverageMeter(), AverageMeter()
    model.eval()
    with torch.no_grad():
        for input, target in loader:
            output = model(input)
            losses.update(loss_fn(output, target).item(), input.size(0))
            acc1, _ = accuracy(output, target, topk=(1, 5))
            top1.update(acc1.item(), output.size(0))
    return losses.avg, top1.avg


def main():
    random_seed(42)
    order = np.random.RandomState(0).permutation(1797)
    train_tf = create_transform(16, is_training=True, scale=(0.8, 1.0), hflip=0.0,
                                color_jitter=0.1, **NORM)
    eval_tf = create_transform(16, is_training=False, crop_pct=1.0, **NORM)
    train_loader = DataLoader(Digits(order[:700], train_tf), 70, shuffle=True, drop_last=True)
    eval_loader = DataLoader(Digits(order[1400:], eval_tf), 200)

    model = timm.create_model("test_resnet", num_classes=10, drop_rate=0.05)
    ema = ModelEmaV2(model, decay=0.9)
    optimizer = create_optimizer_v2(model, opt="adamw", lr=2e-3, weight_decay=0.02)
    scheduler, num_epochs = create_scheduler_v2(
        optimizer, sched="cosine", num_epochs=4, warmup_epochs=1, warmup_lr=1e-4, min_lr=1e-5
    )
    mixup_fn = Mixup(mixup_alpha=0.1, cutmix_alpha=0.0, label_smoothing=0.1, num_classes=10)

    for epoch in range(num_epochs):
        train_loss = train_one_epoch(
            epoch, model, train_loader, optimizer, SoftTargetCrossEntropy(), mixup_fn, scheduler,
            ema,
        )
        loss, top1 = validate(model, eval_loader, nn.CrossEntropyLoss())
        _, ema_top1 = validate(ema.module, eval_loader, nn.CrossEntropyLoss())
        scheduler.step(epoch + 1, loss)
        print(f"{epoch}: train {train_loss:.3f} val {loss:.3f} top1 {top1:.2f} ema {ema_top1:.2f}")


if __name__ == "__main__":
    main()
