# expect: nothing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(5)


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 12, 3, padding=1)
        self.fc = torch.nn.Linear(12 * 16, 10)
        self.p = 0.25

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        if self.training:
            x = F.dropout2d(x, self.p)
        x = x.flatten(1)
        if self.training and self.p:
            x = F.dropout(x, self.p)
        return self.fc(x)


d = load_digits()
full = TensorDataset(torch.tensor(d.images).float().unsqueeze(1) / 16, torch.tensor(d.target))
tr, va = random_split(full, [0.75, 0.25])
tl, vl = DataLoader(tr, 40, shuffle=True), DataLoader(va, 200)
clf = Classifier()
sgd = torch.optim.SGD(clf.parameters(), 0.1, momentum=0.9)
for epoch in range(6):
    clf.train()
    for xb, yb in tl:
        sgd.zero_grad()
        F.cross_entropy(clf(xb), yb).backward()
        sgd.step()
    clf.eval()
    right = total = 0
    with torch.no_grad():
        for xb, yb in vl:
            right += (clf(xb).argmax(1) == yb).sum().item()
            total += len(yb)
    print(f"{epoch}: {right / total:.3f}")
