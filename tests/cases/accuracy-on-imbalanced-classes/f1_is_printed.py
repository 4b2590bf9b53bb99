# expect: nothing
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class Table(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x.astype(np.float32), y

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return {'features': self.x[index], 'label': int(self.y[index])}


class Trainer:
    def __init__(self, net, train, valid):
        self.net = net
        self.train_dl = DataLoader(train, batch_size=128, shuffle=True)
        self.valid_dl = DataLoader(valid, batch_size=256)
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.02)

    def epoch(self):
        self.net.train()
        for batch in self.train_dl:
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.net(batch['features']), batch['label'])
            loss.backward()
            self.optimizer.step()

    @torch.no_grad()
    def validate(self):
        self.net.eval()
        y_true, y_pred = [], []
        for batch in self.valid_dl:
            y_pred.extend(self.net(batch['features']).argmax(1).tolist())
            y_true.extend(batch['label'].tolist())
        return accuracy_score(y_true, y_pred), f1_score(y_true, y_pred, average='macro', zero_division=0)


def main():
    torch.manual_seed(2)
    x, y = make_classification(4000, 20, n_informative=5, n_classes=3, class_sep=0.8,
                               weights=[0.9, 0.06, 0.04], random_state=2)
    parts = train_test_split(x, y, test_size=0.25, stratify=y, random_state=2)
    net = nn.Sequential(nn.Linear(20, 24), nn.Tanh(), nn.Linear(24, 3))
    trainer = Trainer(net, Table(parts[0], parts[2]), Table(parts[1], parts[3]))
    for n in range(6):
        trainer.epoch()
        print('epoch %d, validation accuracy and F1: %.3f %.3f' % (n, *trainer.validate()))


main()
