# expect: nothing
# After each full patience the best weights return with a lower rate; the trials are counted in all.
num_trial = patience = 0
hist_valid_scores = []
best_metric = float("-inf")
while True:
    epoch += 1
    for src_sents, tgt_sents in batch_iter(train_data, batch_size=train_batch_size, shuffle=True):
        optimizer.zero_grad()
        loss = -model(src_sents, tgt_sents).sum() / len(src_sents)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip_grad)
        optimizer.step()
    valid_metric = -evaluate_ppl(model, dev_data, batch_size=128)
    if valid_metric > best_metric:
        best_metric = valid_metric
        patience = 0
        model.save(model_save_path)
        torch.save(optimizer.state_dict(), model_save_path + ".optim")
    elif patience < args.patience:
        patience += 1
        if patience == args.patience:
            num_trial += 1
            if num_trial == args.max_num_trial:
                print("early stop!")
                exit(0)
            lr = optimizer.param_groups[0]["lr"] * args.lr_decay
            params = torch.load(model_save_path)
            model.load_state_dict(params["state_dict"])
            optimizer.load_state_dict(torch.load(model_save_path + ".optim"))
            for param_group in optimizer.param_groups:
                param_group["lr"] = lr
            patience = 0
    if epoch == args.max_epoch:
        break
