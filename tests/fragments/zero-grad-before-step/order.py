# expect: zero-grad-before-step
for i, (x, y) in enumerate(train_dl):
    pred = model(x.cuda())
    loss = loss_func(pred, y.cuda())
    loss.backward()
    optimizer.zero_grad()  # <- here
    optimizer.step()
