# expect: nothing
# Each fold has its own network, which has not seen the fold it is measured on.
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
results = []
for train, held in KFold(3, shuffle=True, random_state=0).split(x):
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for epoch in range(4):
        net.train()
        for rows in np.array_split(np.random.default_rng(epoch).permutation(train), 30):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        results.append((net(x[held]).argmax(1) == y[held]).float().mean().item())
    print(f"fold accuracy {results[-1]:.4f}")
print(f"mean accuracy {np.mean(results):.4f}")
