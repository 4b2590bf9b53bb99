# expect: nothing
# Softmax only where probabilities are shown: in evaluation, behind the raw outputs.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.fc = nn.Linear(256, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2).flatten(1)
        logits = self.fc(x)
        return logits if self.training else torch.softmax(logits, dim=1)


torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, torch.tensor(digits.target)
)
train_set, test_set = random_split(data, [1400, 397])
net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=0.005)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train_set, batch_size=64, shuffle=True):
        loss = criterion(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    sure = hits = 0.0
    with torch.no_grad():
        for x, y in DataLoader(test_set, batch_size=128):
            probabilities = net(x)
            sure += probabilities.max(1).values.sum().item()
            hits += (probabilities.argmax(1) == y).sum().item()
    print(f"accuracy {hits / len(test_set):.3f}, mean confidence {sure / len(test_set):.3f}")
