# expect: nothing
# The best epoch is remembered by its number, under which its weights were saved.
def train(epoch):
    model.train()
    optimizer.zero_grad()
    output = model(features, adj)
    loss_train = F.nll_loss(output[idx_train], labels[idx_train])
    loss_train.backward()
    optimizer.step()
    model.eval()
    return F.nll_loss(model(features, adj)[idx_val], labels[idx_val]).item()


best, best_epoch, bad_counter = 10_000, 0, 0
loss_values = []
for epoch in range(args.epochs):
    loss_values.append(train(epoch))
    torch.save(model.state_dict(), "{}.pkl".format(epoch))
    if loss_values[-1] < best:
        best = loss_values[-1]
        best_epoch = epoch
        bad_counter = 0
    else:
        bad_counter += 1
    if bad_counter == args.patience:
        break
model.load_state_dict(torch.load("{}.pkl".format(best_epoch)))
