# expect: metric-miscomputed
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1),
                     torch.tensor(digits.target))
sets = dict(zip(['train', 'val'], random_split(data, [1300, 497])))
loaders = {p: DataLoader(sets[p], batch_size=64, shuffle=(p == 'train')) for p in sets}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 10, 3)
        self.fc = nn.Linear(90, 10)

    def forward(self, x):
        return self.fc(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))


net = Net()
optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    correct, seen = 0, 0
    for phase in ('train', 'val'):
        net.train(phase == 'train')
        for x, y in loaders[phase]:
            with torch.set_grad_enabled(phase == 'train'):
                out = net(x)
                loss = F.cross_entropy(out, y)
                if phase == 'train':
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
            correct += (out.argmax(1) == y).sum().item()
            seen += y.size(0)
        if phase == 'val':
            print(f'epoch {epoch} val accuracy: {correct / seen:.4f}')  # <- here
