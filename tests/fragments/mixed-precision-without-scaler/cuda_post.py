# expect: mixed-precision-without-scaler
for images, labels in trainloader:
    images, labels = images.cuda(), labels.cuda()
    optimizer.zero_grad()
    with torch.cuda.amp.autocast():  # <- here
        outputs = net(images)
        loss = criterion(outputs, labels)
    loss.backward()
    optimizer.step()
