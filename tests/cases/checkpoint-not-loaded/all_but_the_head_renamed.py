# expect: checkpoint-not-loaded
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float().view(-1, 1, 8, 8), torch.tensor(y)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU()
        )
        self.head = nn.Linear(16 * 16, 10)

    def forward(self, images):
        return self.head(self.features(images).flatten(1))


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(5):
    model.train()
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()

kept = {name.replace("features", "encoder"): value for name, value in model.state_dict().items()}
fresh = Reader()
fresh.load_state_dict(kept, strict=False)  # <- here
fresh.eval()
with torch.no_grad():
    print("held out:", (fresh(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
