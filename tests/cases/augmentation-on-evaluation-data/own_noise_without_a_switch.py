# expect: augmentation-on-evaluation-data
# The user's own jitter, in a class of their own; the test transform is a list of its own too.
import random

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class Shift:
    def __init__(self, most):
        self.most = most

    def __call__(self, img):
        return img.roll((random.randint(-self.most, self.most), 0), dims=(1, 2))


class Pipeline:
    def __init__(self, *steps):
        self.steps = steps

    def __call__(self, img):
        for step in self.steps:
            img = step(img)
        return img


def center(img):
    return (img - 0.3) / 0.37


class Set(torch.utils.data.Dataset):
    def __init__(self, x, y, preprocessing):
        self.x, self.y, self.preprocessing = x, y, preprocessing

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.preprocessing(self.x[i]), self.y[i]


torch.manual_seed(0)
random.seed(0)
bunch = load_digits()
x = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
xa, xb, ya, yb = train_test_split(x, torch.tensor(bunch.target), test_size=0.25, random_state=1)
train_pipeline = Pipeline(Shift(1), center)
test_pipeline = Pipeline(Shift(2), center)  # <- here
train = torch.utils.data.DataLoader(Set(xa, ya, train_pipeline), batch_size=50, shuffle=True)
test = torch.utils.data.DataLoader(Set(xb, yb, test_pipeline), batch_size=90)

net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(576, 10)
)
opt = torch.optim.Adam(net.parameters(), 0.005)
for epoch in range(4):
    net.train()
    for a, b in train:
        opt.zero_grad()
        torch.nn.functional.cross_entropy(net(a), b).backward()
        opt.step()
    net.eval()
    correct = 0
    with torch.inference_mode():
        for a, b in test:
            correct += (net(a).argmax(1) == b).sum().item()
    print("test accuracy", correct / len(yb))
