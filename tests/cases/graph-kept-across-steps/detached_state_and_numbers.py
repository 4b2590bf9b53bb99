# expect: nothing
import torch
from torch import nn

torch.manual_seed(0)
text = "pack my box with five dozen liquor jugs " * 60
chars = sorted(set(text))
data = torch.tensor([chars.index(c) for c in text])


class CharLSTM(nn.Module):
    def __init__(self, vocab, width=32):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.rnn = nn.LSTM(width, width, batch_first=True)
        self.out = nn.Linear(width, vocab)

    def forward(self, x, state=None):
        y, state = self.rnn(self.embed(x), state)
        return self.out(y), state


def repackage(state):
    return tuple(s.detach() for s in state)


net = CharLSTM(len(chars))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
state, losses, tensors = None, [], []
for step in range(0, len(data) - 21, 20):
    x, y = data[step:step + 20][None], data[step + 1:step + 21][None]
    if state is not None:
        state = repackage(state)
    logits, state = net(x, state)
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    tensors.append(loss.detach())
print("final loss", sum(losses[-10:]) / 10, torch.stack(tensors).mean().item())
