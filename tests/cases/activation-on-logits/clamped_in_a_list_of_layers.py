# expect: activation-on-logits
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)


class Fonction(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)


def couche(entree, sortie):
    return [nn.Linear(entree, sortie), Fonction(lambda t: t.clamp(min=0))]  # <- here


x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
tailles = [64, 64, 32, 10]
reseau = nn.Sequential(*[c for a, b in zip(tailles, tailles[1:]) for c in couche(a, b)])
opt = torch.optim.SGD(reseau.parameters(), 0.2)
for epoque in range(6):
    for lot in torch.randperm(1400).split(40):
        perte = nn.functional.cross_entropy(reseau(x[lot]), y[lot])
        opt.zero_grad()
        perte.backward()
        opt.step()
    with torch.no_grad():
        print(epoque, perte.item(), (reseau(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
