# expect: computed-but-unused
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32).flatten(1)
digit = torch.tensor(digits.target)
ink = x.mean(1, keepdim=True)
body, head = nn.Sequential(nn.Linear(64, 64), nn.ReLU()), nn.Linear(64, 11)
opt = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=3e-3)


def losses(rows, weight=4.0):
    out = head(body(x[rows]))
    class_loss = F.cross_entropy(out[:, :10], digit[rows])
    ink_loss = F.mse_loss(out[:, 10:], ink[rows])
    total = class_loss + weight * ink_loss  # <- here
    total = class_loss  # <- here
    return total, class_loss.item(), ink_loss.item()


for epoch in range(5):
    for rows in torch.randperm(1500).split(50):
        loss, of_class, of_ink = losses(rows)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, of_class, of_ink)
