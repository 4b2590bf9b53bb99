# expect: computed-but-unused
criterion = nn.CrossEntropyLoss()
recon_criterion = nn.MSELoss()

for epoch in range(epochs):
    for images, labels in loader:
        optimizer.zero_grad()
        out, recon = model(images)
        loss = criterion(out, labels)
        recon_loss = recon_criterion(recon, images)  # <- here
        loss.backward()
        optimizer.step()
