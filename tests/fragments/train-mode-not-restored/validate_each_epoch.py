# expect: train-mode-not-restored
model = nn.Sequential(nn.Linear(784, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.5),
                      nn.Linear(256, 10))
optimizer = optim.Adam(model.parameters())
model.train()
for epoch in range(epochs):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()  # <- here
    with torch.no_grad():
        valid_loss = sum(F.cross_entropy(model(x), y) for x, y in valid_loader)
    print(epoch, valid_loss / len(valid_loader))
