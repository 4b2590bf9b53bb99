# expect: nothing
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for images, labels in train_loader:
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    clip_and_update(model, optimizer)
    losses.append(loss.item())
print(losses)
