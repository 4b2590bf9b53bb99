# expect: poor-initialization
def weights_init(m):
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        nn.init.constant_(m.weight, 0.1)  # <- here
        nn.init.zeros_(m.bias)


net = Net()
net.apply(weights_init)
