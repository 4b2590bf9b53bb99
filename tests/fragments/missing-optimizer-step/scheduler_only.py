# expect: missing-optimizer-step
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)

for epoch in range(num_epochs):
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()  # <- here
        train_loss += loss.item()
    scheduler.step()
    print(epoch, train_loss)
