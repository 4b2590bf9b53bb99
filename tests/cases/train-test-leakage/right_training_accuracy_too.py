# expect: nothing
# Accuracy on the training images is printed beside that on unseen ones.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(5)
x, y = load_digits(return_X_y=True)
everything = TensorDataset(
    torch.tensor((x - x.mean()) / x.std(), dtype=torch.float32), torch.tensor(y)
)
order = torch.randperm(len(everything)).tolist()
train, test = Subset(everything, order[:1400]), Subset(everything, order[1400:])
loaders = {
    "fit": DataLoader(train, 40, shuffle=True),
    "train": DataLoader(train, 500),
    "test": DataLoader(test, 500),
}
mlp = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
sgd = torch.optim.SGD(mlp.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    mlp.train()
    for xb, yb in loaders["fit"]:
        sgd.zero_grad()
        nn.functional.cross_entropy(mlp(xb), yb).backward()
        sgd.step()
    mlp.eval()
    for name in ("train", "test"):
        hits = count = 0
        with torch.no_grad():
            for xb, yb in loaders[name]:
                hits += (mlp(xb).argmax(1) == yb).sum().item()
                count += len(yb)
        print(f"{epoch} {name} accuracy {hits / count:.3f}")
