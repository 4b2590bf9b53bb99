# expect: nothing
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(0)
features, answer = load_breast_cancer(return_X_y=True)
features = torch.tensor(StandardScaler().fit_transform(features), dtype=torch.float32)
answer = torch.tensor(answer, dtype=torch.float32).view(-1, 1)
order = torch.randperm(len(features))
train, test = order[:450], order[450:]
classifier = nn.Sequential(nn.Linear(30, 16), nn.Tanh(), nn.Linear(16, 1), nn.Sigmoid())
bce = nn.BCELoss()
optimizer = torch.optim.Adam(classifier.parameters(), lr=0.01)
for epoch in range(8):
    classifier.train()
    for chunk in train[torch.randperm(len(train))].split(30):
        loss = bce(classifier(features[chunk]), answer[chunk])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
classifier.eval()
with torch.no_grad():
    hits = ((classifier(features[test]) > 0.5).float() == answer[test]).float().mean().item()
print(f"accuracy {hits:.3f}")
