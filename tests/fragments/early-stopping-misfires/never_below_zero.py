# expect: early-stopping-misfires
best_loss = 0
for epoch in range(n_epochs):
    train(model, train_loader, optimizer)
    val_loss = validate(model, val_loader)
    scheduler.step(val_loss)
    if val_loss < best_loss:  # <- here
        best_loss = val_loss
        torch.save(model.state_dict(), 'checkpoint.pt')
