# first: net.parameters()
import torch


def main():
    net = torch.nn.Linear(4, 2)
    opt = torch.optim.Adam(net, lr=0.1)  # <- here
    return opt


main()
