# expect: mislabeled-samples
# Batches cut by hand; some 4 are called 9 and some 3 are called 8 in training.
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
targets = torch.tensor(digits.target)
train_x, train_y = images[:1400], targets[:1400].clone()
test_x, test_y = images[1400:], targets[1400:]
partner = torch.tensor([6, 7, 5, 8, 9, 2, 0, 1, 3, 4])
slip = torch.rand(1400) < 0.22
train_y[slip] = partner[train_y[slip]]  # <- here

net = torch.nn.Sequential(
    torch.nn.Flatten(), torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
)
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(10):
    for rows in torch.randperm(1400).split(70):
        loss = torch.nn.functional.cross_entropy(net(train_x[rows]), train_y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
with torch.no_grad():
    print("test accuracy", (net(test_x).argmax(1) == test_y).float().mean().item())
