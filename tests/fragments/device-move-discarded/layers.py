# expect: nothing
for name, layer in model.named_children():
    layer.to(device)
for model, opt in zip(models, optimizers):
    model.cuda()
