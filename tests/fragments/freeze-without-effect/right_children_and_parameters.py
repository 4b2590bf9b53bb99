# expect: nothing
for child in list(model.children())[:7]:
    for param in child.parameters():
        param.requires_grad = False
for module in model.modules():
    if isinstance(module, nn.BatchNorm2d):
        module.requires_grad_(False)
        module.eval()
x.requires_grad = True
assert not model.conv1.weight.requires_grad == True
