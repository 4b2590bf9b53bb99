# expect: mixed-precision-without-scaler
scaler = torch.cuda.amp.GradScaler()
for images, labels in trainloader:
    optimizer.zero_grad()
    with torch.autocast(device_type="cuda", dtype=torch.float16):  # <- here
        loss = criterion(net(images.cuda()), labels.cuda())
    loss.backward()
    optimizer.step()
