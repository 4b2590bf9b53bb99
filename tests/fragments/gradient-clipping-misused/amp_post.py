# expect: gradient-clipping-misused
for step, batch in enumerate(train_dataloader):
    with torch.cuda.amp.autocast():
        out = model(batch["x"])
        loss = loss_fn(out, batch["y"])
    scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # <- here
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()
