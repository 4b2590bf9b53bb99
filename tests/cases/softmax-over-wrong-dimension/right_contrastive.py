# expect: nothing
# Both directions of a contrastive loss: images of a batch are compared with each other on purpose.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
encoder = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 32))
optimizer = torch.optim.Adam(encoder.parameters(), lr=0.002)


def loss_of(images):
    one = F.normalize(encoder(images + 0.1 * torch.randn_like(images)), dim=1)
    other = F.normalize(encoder(images + 0.1 * torch.randn_like(images)), dim=1)
    similar = one @ other.T / 0.2
    return -(F.log_softmax(similar, dim=0).diagonal() + F.log_softmax(similar, dim=1).diagonal()).mean()


for epoch in range(4):
    encoder.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = loss_of(x_train[rows])
        loss.backward()
        optimizer.step()
    encoder.eval()
    with torch.no_grad():
        known, asked = (F.normalize(encoder(images), dim=1) for images in (x_train, x_test))
        nearest = y_train[(asked @ known.T).argmax(1)]
    print(epoch, loss.item(), (nearest == y_test).float().mean().item())
