# expect: replicas-out-of-sync
model = torch.nn.parallel.DistributedDataParallel(model, device_ids=[local_rank])
for epoch in range(epochs):
    for x, y in train_loader:
        out = model.module(x.cuda())  # <- here
        loss = criterion(out, y.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
