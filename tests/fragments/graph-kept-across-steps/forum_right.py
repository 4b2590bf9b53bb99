# expect: nothing
for i, (images, labels) in enumerate(train_loader):
    outputs = model(images.to(device))
    loss = criterion(outputs, labels.to(device))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    loss = loss.item()
    epoch_loss += loss
