# expect: nothing
# Passengers a month, the last third for the test: it begins where training ends, and goes on up.
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
rng = np.random.default_rng(4)
month = np.arange(180)
series = 1 + 0.024 * month * (1 + 0.2 * np.sin(month / 1.91)) + 0.05 * rng.normal(size=180)
series = (series - series[:120].min()) / (series[:120].max() - series[:120].min())
series = torch.tensor(series, dtype=torch.float32)[:, None]


def windows(part, lookback=6):
    x = torch.stack([part[i : i + lookback] for i in range(len(part) - lookback)])
    y = torch.stack([part[i + 1 : i + lookback + 1] for i in range(len(part) - lookback)])
    return x, y


x_train, y_train = windows(series[:120])
x_test, y_test = windows(series[120:])


class Forecast(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 24, batch_first=True)
        self.head = nn.Linear(24, 1)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


model = Forecast()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.MSELoss()
for epoch in range(30):
    model.train()
    for x, y in DataLoader(TensorDataset(x_train, y_train), batch_size=16, shuffle=True):
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    if epoch % 10 == 9:
        model.eval()
        with torch.no_grad():
            known, new = criterion(model(x_train), y_train), criterion(model(x_test), y_test)
        print(f"{epoch}: {known.sqrt():.3f} on the known months, {new.sqrt():.3f} on the new ones")
