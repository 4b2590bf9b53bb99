# expect: nothing
for state, action, reward, following in batches:
    optimizer.zero_grad()
    with torch.no_grad():
        target = reward + 0.99 * target_net(following).max(1)[0]
    q = policy_net(state).gather(1, action)
    loss = F.mse_loss(q, target.detach().unsqueeze(1))
    loss.backward()
    optimizer.step()
    history.append(torch.tensor(loss.item()))
