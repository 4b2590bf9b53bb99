# expect: mse-on-class-labels
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(digits.target)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
train_dl = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
test_dl = DataLoader(TensorDataset(x_test, y_test), batch_size=64)


class Cnn(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU())
        self.linear = nn.Linear(16 * 4 * 4, n_out)

    def forward(self, x):
        return self.linear(self.conv(x).flatten(1))


torch.manual_seed(0)
cnn = Cnn(10)
mse = nn.MSELoss()
adam = torch.optim.Adam(cnn.parameters(), lr=0.003)

for epoch in range(5):
    cnn.train()
    for inputs, targets in train_dl:
        adam.zero_grad()
        outputs = cnn(inputs)
        loss = mse(outputs, targets.float())  # <- here
        loss.backward()
        adam.step()

    cnn.eval()
    with torch.no_grad():
        n = sum((cnn(i).argmax(1) == t).sum().item() for i, t in test_dl)
    print(f"epoch {epoch} accuracy {n / len(x_test):.3f}")
