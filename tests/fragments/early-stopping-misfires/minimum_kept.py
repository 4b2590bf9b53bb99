# expect: nothing
best_loss = np.inf
for epoch in range(n_epochs):
    train(model, train_loader, optimizer)
    val_loss = validate(model, val_loader)
    scheduler.step(val_loss)
    if val_loss < best_loss:
        best_loss = val_loss
        es = 0
    else:
        es += 1
        if es > 4:
            break
