# expect: softmax-over-wrong-dimension
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(28 * 28, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = x.view(-1, 28 * 28)
        x = F.relu(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=0)  # <- here

net = Net()
for X, y in trainset:
    net.zero_grad()
    loss = F.nll_loss(net(X), y)
    loss.backward()
    optimizer.step()
