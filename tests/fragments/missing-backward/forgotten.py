# expect: missing-backward
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters())
for epoch in range(n_epochs):
    for data, target in train_loader:
        optimizer.zero_grad()
        output = model(data)
        loss = criterion(output, target)
        optimizer.step()  # <- here
        train_loss += loss.item() * data.size(0)
    print('Epoch: {} Training Loss: {:.6f}'.format(epoch + 1, train_loss))
