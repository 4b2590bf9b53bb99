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
from sklearn.model_selection import StratifiedKFold

device = t.device("cpu")
model = ConvNet().to(device)  # <- here
criterion = nn.CrossEntropyLoss()
skf = StratifiedKFold(n_splits=3)
results = {}
for fold, (tr, te) in enumerate(skf.split(pics.numpy(), targets.numpy())):
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(2):
        for k in range(0, len(tr), 64):
            rows = tr[k:k + 64]
            optimizer.zero_grad()
            loss = criterion(model(pics[rows]), targets[rows])
            loss.backward()
            optimizer.step()
    with t.no_grad():
        results[fold] = (model(pics[te]).argmax(1) == targets[te]).float().mean().item()
print(results)
