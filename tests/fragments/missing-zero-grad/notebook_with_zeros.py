# expect: missing-zero-grad
for epoch in range(epochs):
    hidden = torch.zeros(1, batch_size, 32)
    for x, y in loader:
        out, _ = rnn(x, hidden)
        loss = criterion(out[:, -1], y)
        loss.backward()  # <- here
        optimizer.step()
        losses.append(loss.item())
    clear_output(wait=True)
    plt.plot(losses)
