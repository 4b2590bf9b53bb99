# expect: graph-kept-across-steps
for i, (images, labels) in enumerate(train_loader):
    images = images.to(device)
    labels = labels.to(device)
    outputs = model(images)
    loss = criterion(outputs, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    epoch_loss += loss  # <- here
    if i % 100 == 0:
        print(epoch_loss / (i + 1))
