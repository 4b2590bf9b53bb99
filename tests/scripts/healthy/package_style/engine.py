import torch


class Average:
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def add(self, value, n):
        self.sum += value * n
        self.count += n

    @property
    def value(self):
        return self.sum / self.count


def train_one_epoch(model, loader, criterion, optimizer):
    model.train()
    meter = Average()
    for images, targets in loader:
        loss = criterion(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        meter.add(loss.item(), len(targets))
    return meter.value


@torch.inference_mode()
def evaluate(model, loader, criterion):
    model.eval()
    losses, accuracy = Average(), Average()
    for images, targets in loader:
        logits = model(images)
        losses.add(criterion(logits, targets).item(), len(targets))
        accuracy.add((logits.argmax(1) == targets).float().mean().item(), len(targets))
    return losses.value, accuracy.value
