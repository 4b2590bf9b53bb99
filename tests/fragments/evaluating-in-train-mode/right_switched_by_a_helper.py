# expect: nothing
net = nn.Sequential(nn.Linear(784, 256), nn.Dropout(0.5), nn.Linear(256, 10))
optimizer = optim.Adam(net.parameters(), lr=1e-3)


def set_mode(model, learn):
    model.train(mode=learn)


for x, y in trainloader:
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
set_mode(net, False)
with torch.no_grad():
    print(net(x).argmax(1))
