# expect: model-recreated-while-training
# Two places call the builder: one before the loop, and one in it that undoes every epoch.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 4
torch.manual_seed(3)
data = load_digits()
pixels = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16
answers = torch.tensor(data.target)
train_batches = DataLoader(TensorDataset(pixels[:1400], answers[:1400]), batch_size=70, shuffle=True)


def small_net(width=16):
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(width * 16, 10),
    )


net = small_net()
sgd = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
schedule = CosineAnnealingLR(sgd, EPOCHS)
for epoch in range(EPOCHS):
    net = small_net()  # <- here
    sgd = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    net.train()
    for x, y in train_batches:
        sgd.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        sgd.step()
    schedule.step()
    net.eval()
    with torch.no_grad():
        hits = (net(pixels[1400:]).argmax(1) == answers[1400:]).sum().item()
    print(f"epoch {epoch}: {hits} of {len(answers[1400:])} right")
