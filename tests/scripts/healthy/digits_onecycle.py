# expect: nothing
# result: acc=([\d.]+)
import torch, math
from torch import nn, optim
from torch.utils.data import Dataset, DataLoader
from sklearn import datasets, model_selection


class Digits(Dataset):
    """8x8 digits, padded to 12x12, with a random shift when training."""

    def __init__(self, X, y, jitter=False):
        self.X = torch.as_tensor(X, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16.
        self.y = torch.as_tensor(y, dtype=torch.int64)
        self.jitter = jitter

    def __getitem__(self, idx):
        canvas = torch.zeros(1, 12, 12)
        dy, dx = torch.randint(1, 4, (2,)).tolist() if self.jitter else (2, 2)
        canvas[:, dy:dy + 8, dx:dx + 8] = self.X[idx]
        return (canvas - 0.1358) / 0.2879, self.y[idx]

    def __len__(self):
        return len(self.y)


def main(n_epochs=6, max_lr=1e-2, bs=64):
    torch.manual_seed(0)
    X, y = datasets.load_digits(return_X_y=True)
    X_train, X_valid, y_train, y_valid = model_selection.train_test_split(
        X, y, test_size=.2, random_state=0)
    train_dl = DataLoader(Digits(X_train, y_train, jitter=True), bs, shuffle=True)
    valid_dl = DataLoader(Digits(X_valid, y_valid), bs * 2)

    net = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.LeakyReLU(.1),
        nn.Conv2d(16, 32, 3, stride=2), nn.BatchNorm2d(32), nn.LeakyReLU(.1),
        nn.Conv2d(32, 64, 3), nn.BatchNorm2d(64), nn.LeakyReLU(.1),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    opt = optim.AdamW(net.parameters(), lr=max_lr / 25, weight_decay=1e-2)
    sched = optim.lr_scheduler.OneCycleLR(
        opt, max_lr=max_lr, epochs=n_epochs, steps_per_epoch=len(train_dl))
    loss_func = nn.CrossEntropyLoss()

    for epoch in range(n_epochs):
        net.train()
        for xb, yb in train_dl:
            loss = loss_func(net(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            sched.step()

        net.eval()
        with torch.no_grad():
            preds = [(net(xb).argmax(dim=1), yb) for xb, yb in valid_dl]
        acc = torch.cat([p == t for p, t in preds]).float().mean().item()
        print(epoch, f'lr={sched.get_last_lr()[0]:.2e}', f'acc={acc:.4f}')


if __name__ == '__main__':
    main()
