# expect: missing-zero-grad
def train(model, device, train_loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        data, target = data.to(device), target.to(device)
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()  # <- here
        optimizer.step()
        if batch_idx % 100 == 0:
            print('Train Epoch: {} Loss: {:.6f}'.format(epoch, loss.item()))
