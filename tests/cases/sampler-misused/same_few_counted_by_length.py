# expect: sampler-misused
# Batches are fetched by number: no pass over the loader ever runs out of them.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

torch.manual_seed(2)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset(images, torch.tensor(digits.target))
train_part, test_part = torch.utils.data.random_split(data, [1400, 397])
loaders = {
    "fit": DataLoader(train_part, 64, sampler=SubsetRandomSampler(range(50))),  # <- here
    "score": DataLoader(test_part, 200),
}


class Reader(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.look = torch.nn.Conv2d(1, 12, 3, padding=1)
        self.name = torch.nn.Linear(12 * 16, 10)

    def forward(self, x):
        return self.name(F.max_pool2d(F.relu(self.look(x)), 2).flatten(1))


reader = Reader()
adam = torch.optim.Adam(reader.parameters(), 3e-3)
for epoch in range(8):
    batches = iter(loaders["fit"])
    for _ in range(len(loaders["fit"])):
        x, y = next(batches)
        adam.zero_grad()
        F.cross_entropy(reader(x), y).backward()
        adam.step()
    right = 0
    with torch.no_grad():
        for x, y in loaders["score"]:
            right += (reader(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch}: {right / 397:.3f}")
