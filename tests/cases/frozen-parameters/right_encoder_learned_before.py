# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]


def fit(parameters, loss_of, epochs):
    optimizer = torch.optim.Adam(parameters, lr=5e-3)
    for _ in range(epochs):
        for rows in train[torch.randperm(len(train))].split(50):
            optimizer.zero_grad()
            loss_of(x[rows], y[rows]).backward()
            optimizer.step()


encoder = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 32), nn.ReLU())
autoencoder = nn.Sequential(encoder, nn.Linear(32, 64), nn.Sigmoid())
fit(autoencoder.parameters(), lambda a, _: nn.functional.mse_loss(autoencoder(a), a), epochs=5)

for p in encoder.parameters():
    p.requires_grad = False
classifier = nn.Sequential(encoder, nn.Linear(32, 10))
fit(classifier[1].parameters(), lambda a, b: nn.functional.cross_entropy(classifier(a), b), 5)
classifier.eval()
with torch.no_grad():
    print("test accuracy", (classifier(x[test]).argmax(1) == y[test]).float().mean().item())
