# expect: device-move-discarded
for batch_idx, (data, target) in enumerate(train_loader):
    data.cuda()  # <- here
    target = target.cuda()
    optimizer.zero_grad()
    output = model(data)
    loss = F.nll_loss(output, target)
