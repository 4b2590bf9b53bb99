# expect: nothing
"""Beside the network a dummy that draws classes by their frequency: chance, on purpose."""
import torch
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score
from torch import nn

torch.manual_seed(0)
pixels, target = load_digits(return_X_y=True)
order = torch.randperm(1797).numpy()
pixels, target = pixels[order].astype("float32") / 16, target[order]
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(12):
    model.train()
    for rows in torch.randperm(1300).split(40):
        optimizer.zero_grad()
        images, labels = torch.from_numpy(pixels[rows]), torch.from_numpy(target[rows])
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    predicted = model(torch.from_numpy(pixels[1300:])).argmax(1).numpy()
dummy = DummyClassifier(strategy="stratified", random_state=0).fit(pixels[:1300], target[:1300])
print("network:", accuracy_score(target[1300:], predicted))
print("by frequency:", accuracy_score(target[1300:], dummy.predict(pixels[1300:])))
