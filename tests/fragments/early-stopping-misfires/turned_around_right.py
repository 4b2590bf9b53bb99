# expect: nothing
min_val_loss = np.inf
for epoch in range(n_epochs):
    train(model, train_loader, optimizer)
    val_loss = validate(model, val_loader)
    optimizer.step()
    if val_loss >= min_val_loss:
        es += 1
        if es > 4:
            break
    else:
        min_val_loss = val_loss
        es = 0
