# expect: unshuffled-training-data
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

digits = load_digits()
rng = np.random.default_rng(0)
held = rng.permutation(1797)[:400]
kept = np.setdiff1d(np.arange(1797), held)
kept = kept[np.argsort(digits.target[kept], kind="stable")]
to_images = lambda rows: torch.tensor(digits.images[rows] / 16, dtype=torch.float32).unsqueeze(1)
X, Y = to_images(kept), torch.tensor(digits.target[kept])
X_val, Y_val = to_images(held), torch.tensor(digits.target[held])

torch.manual_seed(0)
net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10)
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
batch_size = 25
for epoch in range(4):
    net.train()
    for i in range(0, len(X), batch_size):  # <- here
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(X[i:i + batch_size]), Y[i:i + batch_size])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(X_val).argmax(1) == Y_val).float().mean().item()
    print(f"epoch {epoch}: accuracy {accuracy:.3f}")
