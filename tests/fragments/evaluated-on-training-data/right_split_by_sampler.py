# expect: nothing
train_data = datasets.CIFAR10('data', train=True, transform=augmented)
valid_data = datasets.CIFAR10('data', train=True, transform=plain)
train_loader = DataLoader(train_data, batch_size=20, sampler=SubsetRandomSampler(train_idx))
valid_loader = DataLoader(valid_data, batch_size=20, sampler=SubsetRandomSampler(valid_idx))
for x, y in train_loader:
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
