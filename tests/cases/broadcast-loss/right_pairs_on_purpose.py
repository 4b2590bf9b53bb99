# expect: nothing
import torch
from torch import nn


def ranking_loss(score, relevance):
    """Every pair: the more relevant one shall score higher."""
    difference = score.unsqueeze(1) - score.unsqueeze(0)
    wanted = torch.sign(relevance.unsqueeze(1) - relevance.unsqueeze(0))
    return nn.functional.softplus(-difference * wanted)[wanted != 0].mean()


torch.manual_seed(0)
x = torch.randn(500, 6)
relevance = x @ torch.tensor([1.0, 0.5, 0.0, 0.0, -1.0, 2.0])
scorer = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
opt = torch.optim.Adam(scorer.parameters(), lr=0.01)
for epoch in range(5):
    scorer.train()
    for i in torch.randperm(400).split(20):
        loss = ranking_loss(scorer(x[i]).squeeze(1), relevance[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
scorer.eval()
with torch.no_grad():
    score = scorer(x[400:]).squeeze(1)
    top = score.topk(20).indices
print("mean relevance of the first 20", relevance[400:][top].mean().item())
