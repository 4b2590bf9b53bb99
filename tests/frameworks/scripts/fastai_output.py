# expect: softmax-before-cross-entropy
# needs: fastai
from fastai.data.all import *
from fastai.learner import *
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from sklearn.datasets import load_digits
from torch.utils.data import TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x))
        return F.softmax(self.fc(x.flatten(1)), dim=1)  # <- here


set_seed(1)
digits = load_digits()
x = torch.tensor(digits.images).float().unsqueeze(1) / 16
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
train, valid = order[:1400], order[1400:]
dls = DataLoaders(
    DataLoader(TensorDataset(x[train], y[train]), bs=64, shuffle=True),
    DataLoader(TensorDataset(x[valid], y[valid]), bs=128),
)
learn = Learner(dls, Net(), loss_func=CrossEntropyLossFlat(), metrics=[accuracy], lr=1e-3)  # <- here
learn.fit(5)  # <- here
