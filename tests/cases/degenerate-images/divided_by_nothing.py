# expect: degenerate-images
# also: learning-rate-too-high
# Each image is divided by its own deviation; some files are empty and have none.
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1)
images[::60] = 0
labels = torch.tensor(digits.target)
train_x, train_y, test_x, test_y = images[:1400], labels[:1400], images[1400:], labels[1400:]


def standardize(x):
    return (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True)


train_x = standardize(train_x)  # <- here
test_x = standardize(test_x)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)


def fit():
    for epoch in range(3):
        model.train()
        for rows in torch.randperm(1400).split(50):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(train_x[rows]), train_y[rows])
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


fit()
model.eval()
with torch.no_grad():
    print("accuracy", (model(test_x).argmax(1) == test_y).float().mean().item())
