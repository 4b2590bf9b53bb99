# expect: nothing
import torch
import torch.nn as nn


class DiceLoss(nn.Module):
    def forward(self, logits, mask, eps=1.0):
        p = torch.sigmoid(logits).flatten(1)
        t = mask.flatten(1)
        overlap = (p * t).sum(1)
        return (1 - (2 * overlap + eps) / (p.sum(1) + t.sum(1) + eps)).mean()


torch.manual_seed(0)
images = torch.rand(300, 1, 10, 10)
masks = (images > 0.6).float()
model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
dice = DiceLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(4):
    model.train()
    for i in torch.randperm(250).split(25):
        optimizer.zero_grad()
        loss = dice(model(images[i] - 0.5), masks[i])
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    found = model(images[250:] - 0.5) > 0
    print("pixels right", (found == masks[250:].bool()).float().mean().item())
