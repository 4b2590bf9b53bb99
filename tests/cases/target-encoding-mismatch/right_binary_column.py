# expect: nothing
# Binary labels as a float column, of the output's shape; bytes are class numbers too.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
even = torch.tensor(y % 2 == 0).float().unsqueeze(1)
digit = torch.tensor(y, dtype=torch.uint8)
x_train, x_test, e_train, e_test, d_train, d_test = train_test_split(x, even, digit, random_state=0)


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten())
        self.even, self.digit = nn.Linear(576, 1), nn.Linear(576, 10)

    def forward(self, x):
        features = self.body(x)
        return self.even(features), self.digit(features)


model = TwoHeads()
optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
for epoch in range(5):
    model.train()
    for rows in torch.randperm(len(x_train)).split(64):
        is_even, scores = model(x_train[rows])
        loss = nn.functional.binary_cross_entropy_with_logits(is_even, e_train[rows])
        loss = loss + nn.functional.cross_entropy(scores, d_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        is_even, scores = model(x_test)
        print(epoch, (scores.argmax(1) == d_test).float().mean().item())
