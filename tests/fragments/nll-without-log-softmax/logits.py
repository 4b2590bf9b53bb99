# expect: nll-without-log-softmax
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
criterion = nn.NLLLoss()
optimizer = optim.SGD(model.parameters(), lr=0.003)
for images, labels in trainloader:
    images = images.view(images.shape[0], -1)
    optimizer.zero_grad()
    output = model(images)
    loss = criterion(output, labels)  # <- here
    loss.backward()
    optimizer.step()
