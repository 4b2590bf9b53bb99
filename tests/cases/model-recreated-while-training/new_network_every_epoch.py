# expect: model-recreated-while-training
import torch as t
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits

t.manual_seed(3)
raw = load_digits()
pics = t.tensor(raw.images, dtype=t.float32).unsqueeze(1) / 16.0
targets = t.tensor(raw.target)
perm = t.randperm(len(pics))
pics, targets = pics[perm], targets[perm]
tr_x, tr_y, va_x, va_y = pics[:1300], targets[:1300], pics[1300:], targets[1300:]


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 4 * 4, 10)

    def forward(self, inp):
        h = self.pool(t.relu(self.c1(inp)))
        return self.fc(h.view(h.size(0), -1))

def loop(epochs):
    for epoch in range(epochs):
        model = ConvNet()  # <- here
        opt = optim.SGD(model.parameters(), lr=0.005)
        for idx in t.randperm(1300).split(65):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(tr_x[idx]), tr_y[idx])
            loss.backward()
            opt.step()
        with t.no_grad():
            print(epoch, (model(va_x).argmax(1) == va_y).float().mean().item())
    return model


loop(2)
