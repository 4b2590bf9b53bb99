# expect: evaluated-on-training-data
train_data, val_data = torch.utils.data.random_split(dataset, [800, 200])
train_loader = DataLoader(train_data, batch_size=32, shuffle=True)
val_loader = DataLoader(train_data, batch_size=32)  # <- here

for epoch in range(10):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    print(evaluate(model, val_loader))
