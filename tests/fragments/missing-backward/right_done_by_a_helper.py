# expect: nothing
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters())
for data, target in train_loader:
    optimizer.zero_grad()
    loss = criterion(model(data), target)
    propagate(loss)
    optimizer.step()
