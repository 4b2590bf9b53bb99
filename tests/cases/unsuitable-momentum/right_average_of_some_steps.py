# expect: nothing
# torch's averaged copy, with a memory that fits the few steps of this training.
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(11)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
train, test = random_split(TensorDataset(images, torch.tensor(digits.target)), [1450, 347])
network = nn.Sequential(
    nn.Conv2d(1, 24, 3), nn.GELU(), nn.Conv2d(24, 24, 3), nn.GELU(), nn.Flatten(),
    nn.Linear(384, 10),
)  # fmt: skip
sgd = torch.optim.SGD(network.parameters(), lr=0.03, momentum=0.9)
average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.98))
for epoch in range(6):
    network.train()
    for x, y in DataLoader(train, batch_size=50, shuffle=True):
        sgd.zero_grad()
        F.cross_entropy(network(x), y).backward()
        sgd.step()
        average.update_parameters(network)
    average.eval()
    with torch.no_grad():
        found = [(average(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 50)]
    print(f"epoch {epoch}: accuracy {sum(found) / len(test):.3f}")
