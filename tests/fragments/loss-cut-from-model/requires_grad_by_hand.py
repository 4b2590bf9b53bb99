# expect: loss-cut-from-model
for inputs, labels in trainloader:
    optimizer.zero_grad()
    outputs = net(inputs)
    loss = criterion(outputs, labels)
    loss = torch.tensor(loss.item(), requires_grad=True)  # <- here
    loss.backward()
    optimizer.step()
