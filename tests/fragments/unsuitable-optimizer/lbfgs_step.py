# expect: unsuitable-optimizer
from torch import optim

optimiser = optim.LBFGS(net.parameters(), lr=0.8)

for i in range(15):
    optimiser.zero_grad()
    out = net(train_x)
    loss = criterion(out, train_y)
    loss.backward()
    optimiser.step()  # <- here
