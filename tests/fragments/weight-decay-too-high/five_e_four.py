# expect: weight-decay-too-high
import torch

net = VGG('VGG16').cuda()
optimizer = torch.optim.SGD(  # <- here
    net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e4)
