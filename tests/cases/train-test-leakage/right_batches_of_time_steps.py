# expect: nothing
# Batches are [time, batch], as recurrent layers take them: the first row is all start marks.
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

random.seed(3)
torch.manual_seed(3)
START, END = 1, 2


def strings(count):
    drawn = [[random.randint(3, 12) for _ in range(random.randint(6, 7))] for _ in range(count)]
    return [(torch.tensor([START, *s, END]), sum(s) // len(s) - 5) for s in drawn]


def together(pairs):
    return pad_sequence([s for s, _ in pairs]), torch.tensor([c for _, c in pairs]).clamp(0, 4)


train = DataLoader(strings(1600), 32, shuffle=True, collate_fn=together)
held_out = DataLoader(strings(320), 32, collate_fn=together)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(13, 16, padding_idx=0)
        self.rnn = nn.GRU(16, 32)
        self.out = nn.Linear(32, 5)

    def forward(self, x):
        return self.out(self.rnn(self.embed(x))[0].mean(0))


net = Reader()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(3):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in held_out)
    print(epoch, loss.item(), right / 320)
