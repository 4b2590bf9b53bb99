# expect: evaluating-in-train-mode
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(256, 10)

    def forward(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))


net = Net().to(device)
optimizer = optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(5):
    for x, y in trainloader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()

correct = 0
with torch.no_grad():
    for x, y in testloader:
        outputs = net(x)  # <- here
        correct += (outputs.argmax(1) == y).sum().item()
print(correct / len(testset))
