# expect: target-encoding-mismatch
"""Is the digit even? A binary task with one output."""
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)

images, target = load_digits(return_X_y=True)
images = torch.tensor(images.reshape(-1, 1, 8, 8) / 16, dtype=torch.float32)
even = torch.tensor(target % 2 == 0).float()
xtr, xte, ytr, yte = train_test_split(images, even, test_size=0.25, random_state=0)


class BinaryClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 32, 3)
        self.fc1 = nn.Linear(32 * 36, 32)
        self.fc2 = nn.Linear(32, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        x = torch.relu(self.conv(x))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.sigmoid(self.fc2(x))


classifier = BinaryClassifier()
bce = nn.BCELoss()
optimizer = optim.Adam(classifier.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(xtr, ytr), batch_size=40, shuffle=True)

for epoch in range(5):
    classifier.train()
    for x, y in loader:
        y_hat = classifier(x)
        loss = bce(y_hat, y)  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    classifier.eval()
    with torch.no_grad():
        guess = classifier(xte).squeeze(1) > 0.5
    print("Epoch", epoch, "accuracy", (guess == yte.bool()).float().mean().item())
