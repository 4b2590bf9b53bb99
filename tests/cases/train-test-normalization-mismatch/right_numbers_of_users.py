# expect: nothing
# Users and items are numbers that name them. The test goes user by user, the training does not.
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
rng = np.random.default_rng(0)
USERS, ITEMS = 150, 80
taste = rng.normal(size=(USERS, 4)) @ rng.normal(size=(4, ITEMS))
liked = np.argsort(-taste, 1)[:, :12]
known = [(u, i, 1.0) for u in range(USERS) for i in liked[u, 1:]]
known += [(u, i, 0.0) for u in range(USERS) for i in rng.permutation(ITEMS)[:30]]
asked = [(u, i) for u in range(USERS) for i in [liked[u, 0], *rng.permutation(ITEMS)[:59]]]
user, item, label = torch.tensor(np.array(known)).unbind(1)
train = TensorDataset(user.long(), item.long(), label.float())
held_out = TensorDataset(*torch.tensor(np.array(asked)).unbind(1))


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.of_user, self.of_item = nn.Embedding(USERS, 8), nn.Embedding(ITEMS, 8)
        nn.init.normal_(self.of_user.weight, std=0.1)
        nn.init.normal_(self.of_item.weight, std=0.1)

    def forward(self, u, i):
        return (self.of_user(u) * self.of_item(i)).sum(1)


model = Factors()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(4):
    for u, i, y in DataLoader(train, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        criterion(model(u, i), y).backward()
        optimizer.step()
    found = []
    for u, i in DataLoader(held_out, batch_size=60):
        with torch.no_grad():
            found.append(i[0] in i[model(u, i).topk(10).indices])
    print(epoch, f"the item is among the first ten for {np.mean(found):.0%} of the users")
