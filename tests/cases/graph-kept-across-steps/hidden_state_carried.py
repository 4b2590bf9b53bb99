# expect: graph-kept-across-steps
import torch
from torch import nn

torch.manual_seed(0)
text = "the quick brown fox jumps over the lazy dog " * 60
chars = sorted(set(text))
data = torch.tensor([chars.index(c) for c in text])


class CharRNN(nn.Module):
    def __init__(self, vocab, width=32):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, vocab)

    def forward(self, x, h):
        y, h = self.rnn(self.embed(x), h)
        return self.out(y), h


net = CharRNN(len(chars))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
hidden = torch.zeros(1, 1, 32)
for step in range(0, len(data) - 21, 20):
    x, y = data[step:step + 20][None], data[step + 1:step + 21][None]
    logits, hidden = net(x, hidden)  # <- here
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("final loss", loss.item())
