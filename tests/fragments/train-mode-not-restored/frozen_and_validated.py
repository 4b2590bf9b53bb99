# expect: train-mode-not-restored
for p in encoder.parameters():
    p.requires_grad = False
model = nn.Sequential(encoder, nn.Linear(512, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.5),
                      nn.Linear(256, 10))
optimizer = optim.Adam(filter(lambda p: p.requires_grad, model.parameters()))
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
