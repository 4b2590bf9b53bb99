# expect: target-encoding-mismatch
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16,
    torch.tensor((digits.target % 2 == 0).astype("float32")),
)
train_set, test_set = random_split(data, [1400, 397])


class EvenOrOdd(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(576, 1)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).flatten(1))


model = EvenOrOdd()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(2):
    model.train()
    for x, even in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(x), even).backward()  # <- here
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum(
            ((model(x)[:, 0] > 0) == even.bool()).sum().item()
            for x, even in DataLoader(test_set, batch_size=128)
        )
    print(epoch, hits / len(test_set))
