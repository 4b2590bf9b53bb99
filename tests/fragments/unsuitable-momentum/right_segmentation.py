# expect: nothing
from torch.optim import SGD

optimizer = SGD(network.parameters(), 1e-2, weight_decay=3e-5, momentum=0.99, nesterov=True)
bn = nn.BatchNorm2d(64, momentum=1)
