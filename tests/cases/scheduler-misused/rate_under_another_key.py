# expect: scheduler-misused
# A group takes any entry; the one that is read is called "lr".
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 16, 10),
)
opt = torch.optim.Adam(net.parameters(), lr=1e-5)

for epoch in range(6):
    for group in opt.param_groups:
        group["learning_rate"] = 1e-3 * 0.9**epoch  # <- here
    net.train()
    for images, labels in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        opt.step()

net.eval()
with torch.no_grad():
    print("test accuracy:", (net(x_test).argmax(1) == y_test).float().mean().item())
