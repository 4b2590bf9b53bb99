# expect: nothing
# An adversary that gets detached images, the entropy of a target beside its cross-entropy, and a
# value that is taken away from itself: summands without a gradient, each on purpose.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
body = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
head, adversary = nn.Linear(64, 10), nn.Linear(64, 2)
steps = [torch.optim.Adam([*body.parameters(), *head.parameters()], 2e-3),
         torch.optim.Adam(adversary.parameters(), 2e-3)]  # fmt: skip
for epoch in range(4):
    for rows in torch.randperm(1400).split(50):
        features, dark = body(x[rows]), (x[rows].mean(1) < 0.3).long()
        scores = head(features)
        steps[1].zero_grad()
        F.cross_entropy(adversary(features.detach()), dark).backward()
        steps[1].step()
        calm = F.softmax(scores.detach() / 2, 1)
        entropy = -(calm * calm.clamp_min(1e-9).log()).sum(1).mean()
        again = -(calm * F.log_softmax(scores, 1)).sum(1).mean() - entropy
        loss = F.cross_entropy(scores, y[rows]) + 0.1 * again
        loss = loss + 0.1 * (scores.pow(2).mean() - scores.pow(2).mean().detach())
        steps[0].zero_grad()
        loss.backward()
        steps[0].step()
    with torch.no_grad():
        right = (head(body(x[1400:])).argmax(1) == y[1400:]).float().mean().item()
    print(epoch, f"loss {loss.item():.3f} test accuracy {right:.3f}")
