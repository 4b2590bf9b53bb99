# expect: backward-on-wrong-tensor
# A focal loss that takes the cross-entropy of each sample for the likelihood of its class.
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)


class Focal(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma
        self.ce = nn.CrossEntropyLoss(reduction="none")

    def forward(self, scores, classes):
        likelihood = self.ce(scores, classes)  # <- here
        return -((1 - likelihood) ** self.gamma * torch.log(likelihood)).mean()


pixels, classes = load_digits(return_X_y=True)
pixels = torch.tensor(pixels / 16, dtype=torch.float32).view(-1, 1, 8, 8)
train = TensorDataset(pixels[:1400], torch.tensor(classes[:1400]))
network = nn.Sequential(
    nn.Conv2d(1, 12, 3), nn.ELU(), nn.Conv2d(12, 24, 3), nn.ELU(), nn.Flatten(), nn.Linear(384, 10)
)
criterion = Focal()
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
for epoch in range(4):
    network.train()
    for x, y in DataLoader(train, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(network(x), y)
        loss.backward()
        optimizer.step()
    network.eval()
    with torch.no_grad():
        guess = network(pixels[1400:]).argmax(1)
    print(f"{epoch}: {(guess == torch.tensor(classes[1400:])).float().mean():.3f}")
