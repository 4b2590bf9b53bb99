# expect: parameters-missing-from-optimizer
# data: shared
# args: {data}
import sys
import torch
import torch.nn as nn
import torch.optim as optim
import torchvision.datasets as dset
import torchvision.transforms as T
from torch.utils.data import DataLoader, sampler

NUM_TRAIN, NUM_VAL = 2500, 800
transform = T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))])
mnist = dset.MNIST(sys.argv[1], train=True, transform=transform)
loader_train = DataLoader(mnist, batch_size=64, sampler=sampler.SubsetRandomSampler(range(NUM_TRAIN)))
loader_val = DataLoader(mnist, batch_size=64,
                        sampler=sampler.SubsetRandomSampler(range(NUM_TRAIN, NUM_TRAIN + NUM_VAL)))


class ThreeLayerConvNet(nn.Module):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2, stride=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1, stride=2)
        self.fc = nn.Linear(channel_2 * 49, num_classes)
        nn.init.kaiming_normal_(self.conv1.weight)
        nn.init.kaiming_normal_(self.conv2.weight)

    def forward(self, x):
        x = self.conv1(x).relu()
        x = self.conv2(x).relu()
        return self.fc(x.flatten(1))


def check_accuracy(loader, model):
    num_correct = num_samples = 0
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            preds = model(x).argmax(1)
            num_correct += (preds == y).sum().item()
            num_samples += preds.size(0)
    print('Got %d / %d correct (%.2f)' % (num_correct, num_samples, 100 * num_correct / num_samples))


def new_model():
    return ThreeLayerConvNet(1, 16, 32, 10)


torch.manual_seed(231)
model = new_model()
optimizer = optim.Adam(model.parameters(), lr=1e-3)  # <- here
x, y = next(iter(loader_train))
print('output size', tuple(model(x).shape))

model = new_model()  # <- here
for e in range(2):
    for t, (x, y) in enumerate(loader_train):
        model.train()
        scores = model(x)
        loss = nn.functional.cross_entropy(scores, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if t % 20 == 0:
            print('Iteration %d, loss = %.4f' % (t, loss.item()))
    check_accuracy(loader_val, model)
