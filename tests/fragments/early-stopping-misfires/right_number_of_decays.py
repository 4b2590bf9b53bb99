# expect: nothing
# The number of decays is bounded over the whole training; what is waited for is set back.
import torch
from torch import nn, optim


def lr_decay(optimizer, factor):
    for g in optimizer.param_groups:
        g['lr'] *= factor


class Runner:
    def __init__(self, model, args):
        self.model, self.args = model, args
        self.optimizer = optim.Adam(model.parameters(), args.lr)
        self.best_f1, self.best_epoch, self.epochs_no_improve, self.num_decay = float('-inf'), 0, 0, 0

    def run(self, train_loader, dev_loader, test_loader):
        for epoch in range(self.args.epochs):
            self.model.train()
            for x, y in train_loader:
                self.optimizer.zero_grad()
                nn.functional.cross_entropy(self.model(x), y).backward()
                self.optimizer.step()
            f1 = self.evaluate(dev_loader)
            if f1 > self.best_f1 + self.args.tol:
                self.best_f1 = f1
                self.best_epoch = epoch
                self.epochs_no_improve = 0
                torch.save(self.model.state_dict(), 'best.pt')
            else:
                self.epochs_no_improve += 1
                if self.epochs_no_improve % self.args.decay_patience == 0:
                    self.model.load_state_dict(torch.load('best.pt'))
                    lr_decay(self.optimizer, 0.5)
                    self.num_decay += 1
            if self.num_decay > self.args.max_decay or epoch - self.best_epoch > self.args.patience:
                print('Early stop')
                break
        self.model.load_state_dict(torch.load('best.pt'))
        print('test', self.evaluate(test_loader))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        right = sum((self.model(x).argmax(1) == y).sum().item() for x, y in loader)
        return right / len(loader.dataset)
