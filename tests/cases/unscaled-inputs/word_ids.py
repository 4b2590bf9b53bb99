# expect: nothing
# Whole numbers up to 300, but they are the rows of an embedding.
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
words = torch.randint(1, 300, (1200, 12))
topic = torch.randint(0, 4, (1200,))
hinted = torch.arange(1200)
for _ in range(3):  # words of the topic, at random places
    words[hinted, torch.randint(0, 12, (1200,))] = 10 * topic + torch.randint(1, 10, (1200,))


class BagOfWords(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(300, 16)
        self.out = nn.Linear(16, 4)

    def forward(self, ids):
        return self.out(self.embedding(ids).mean(dim=1))


model = BagOfWords()
train = DataLoader(TensorDataset(words[:1000], topic[:1000]), batch_size=25, shuffle=True)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(6):
    model.train()
    for ids, label in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids), label).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    right = (model(words[1000:]).argmax(1) == topic[1000:]).sum().item()
print(f"accuracy {right / 200:.3f}")
