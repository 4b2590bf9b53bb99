# expect: nothing
# The network is called through a slice of it: a new Sequential every time, the same weights.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
digits = load_digits()
pictures = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
x_train, x_test, y_train, y_test = train_test_split(
    pictures, torch.tensor(digits.target), test_size=0.25, random_state=3
)
batches = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(12 * 16, 10), nn.LogSoftmax(dim=1),
)
adam = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    scores = net[:-1]  # the logits
    for picture, label in batches:
        adam.zero_grad()
        nn.functional.cross_entropy(scores(picture), label).backward()
        adam.step()
    with torch.no_grad():
        right = (net(x_test).argmax(1) == y_test).float().mean()
    print(epoch, f"{right:.3f}")
