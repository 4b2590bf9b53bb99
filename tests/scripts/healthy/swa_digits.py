# expect: nothing
# result: averaged weights: ([\d.]+)
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(6)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1)
x = nn.functional.pad(x, (2, 2, 2, 2)) / 16
dataset = TensorDataset(x, torch.tensor(digits.target))
train_set, val_set = random_split(dataset, [0.8, 0.2])
loader = DataLoader(train_set, batch_size=64, shuffle=True, drop_last=True)
val_loader = DataLoader(val_set, batch_size=180)


def make():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 9, 10))


def validate(net):
    net.eval()
    with torch.no_grad():
        pairs = [(net(a).argmax(1), b) for a, b in val_loader]
    return sum((p == b).sum().item() for p, b in pairs) / len(val_set)


model = make()
swa_model = AveragedModel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)
swa_scheduler = SWALR(optimizer, anneal_strategy="linear", anneal_epochs=2, swa_lr=0.02)
loss_fn = nn.CrossEntropyLoss()
swa_start = 5

for epoch in range(8):
    model.train()
    for inputs, target in loader:
        optimizer.zero_grad()
        loss_fn(model(inputs), target).backward()
        optimizer.step()
    if epoch >= swa_start:
        swa_model.update_parameters(model)
        swa_scheduler.step()
    else:
        scheduler.step()
    print(epoch, "validation accuracy", round(validate(model), 4))

update_bn(loader, swa_model)
print("averaged weights:", round(validate(swa_model), 4))
