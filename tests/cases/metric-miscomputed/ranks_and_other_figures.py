# expect: nothing
"""Acc@1 and Acc@5 with meters, F1, confident predictions, and the gain: all true."""
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class AverageMeter:
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def update(self, value, n):
        self.sum, self.count = self.sum + value * n, self.count + n

    @property
    def avg(self):
        return self.sum / self.count


def accuracy(output, target, topk=(1,)):
    _, pred = output.topk(max(topk), 1, True, True)
    correct = pred.t().eq(target.view(1, -1).expand_as(pred.t()))
    return [correct[:k].reshape(-1).float().sum().item() * 100.0 / len(target) for k in topk]


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16).float() + 0.4 * torch.randn(1797, 64)
y = torch.tensor(y)
train_loader = DataLoader(TensorDataset(x[:1300], y[:1300]), 32, shuffle=True)
val_loader = DataLoader(TensorDataset(x[1300:], y[1300:]), 75)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.AdamW(model.parameters(), 2e-3)
last = 0.0
for epoch in range(5):
    model.train()
    for images, target in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), target).backward()
        optimizer.step()
    model.eval()
    top1, top5, sure, truth, guesses = AverageMeter(), AverageMeter(), AverageMeter(), [], []
    with torch.no_grad():
        for images, target in val_loader:
            output = model(images)
            acc1, acc5 = accuracy(output, target, topk=(1, 5))
            top1.update(acc1, len(target))
            top5.update(acc5, len(target))
            keep = output.softmax(1).amax(1) > 0.6
            if keep.any():
                sure.update(accuracy(output[keep], target[keep])[0], int(keep.sum()))
            truth += target.tolist()
            guesses += output.argmax(1).tolist()
    print(' * Acc@1 {:.3f} Acc@5 {:.3f}'.format(top1.avg, top5.avg))
    print('top-1 accuracy %.2f, top-3 accuracy %.2f' % (top1.avg, (top1.avg + top5.avg) / 2))
    print('F1 score', round(f1_score(truth, guesses, average='macro'), 4))
    print('accuracy of confident predictions: %.3f' % (sure.avg if sure.count else 0.0))
    print('accuracy gain: %+.3f' % (top1.avg - last))
    last = top1.avg
