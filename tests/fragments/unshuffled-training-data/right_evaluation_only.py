# expect: nothing
train_loader = DataLoader(datasets.ImageFolder('data/train', tfms), batch_size=32, shuffle=True)
test_loader = DataLoader(datasets.ImageFolder('data/test', tfms), batch_size=32)
criterion = nn.CrossEntropyLoss()
for images, labels in train_loader:
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
