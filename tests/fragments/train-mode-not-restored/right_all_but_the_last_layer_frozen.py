# expect: nothing
# The protocol of linear classification: nothing of the loaded network may change, its BatchNorm too.
import torch
from torch import nn
from torchvision import models


def main(args, train_loader, val_loader):
    model = models.resnet18()
    for name, param in model.named_parameters():
        if name not in ["fc.weight", "fc.bias"]:
            param.requires_grad = False
    model.bn_before = nn.BatchNorm1d(512)
    model.load_state_dict(torch.load(args.pretrained), strict=False)
    criterion = nn.CrossEntropyLoss()
    parameters = list(filter(lambda p: p.requires_grad, model.parameters()))
    assert len(parameters) == 2
    optimizer = torch.optim.SGD(parameters, args.lr, momentum=0.9)
    for epoch in range(args.epochs):
        train(train_loader, model, criterion, optimizer)
        validate(val_loader, model)


def train(train_loader, model, criterion, optimizer):
    model.eval()
    for images, target in train_loader:
        output = model(images)
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def validate(val_loader, model):
    model.eval()
    with torch.no_grad():
        for images, target in val_loader:
            print((model(images).argmax(1) == target).float().mean())
