# expect: nothing
for images, labels in trainloader:
    optimizer.zero_grad()
    with torch.autocast("cuda", dtype=torch.bfloat16):
        loss = criterion(net(images.cuda()), labels.cuda())
    loss.backward()
    optimizer.step()
