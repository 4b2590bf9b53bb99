# expect: nothing
criterion = nn.CrossEntropyLoss()
recon_criterion = nn.MSELoss()

for epoch in range(epochs):
    for images, labels in loader:
        optimizer.zero_grad()
        out, recon = model(images)
        loss = criterion(out, labels)
        recon_loss = recon_criterion(recon, images)
        (loss + 0.1 * recon_loss).backward()
        optimizer.step()
    val_loss = criterion(model(x_val), y_val)
