# expect: nothing
# data: shared
# args: {data}
# result: val Loss: [\d.]+ Acc: ([\d.]+)
# Features learned on CIFAR-10 are reused for photographs of ants and bees.
import os
import sys
import time

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms

torch.manual_seed(4)
root = sys.argv[1]
to_small = transforms.Compose([
    transforms.Resize(36),
    transforms.CenterCrop(32),
    transforms.ToTensor(),
    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])


def backbone():
    return nn.Sequential(
        nn.Conv2d(3, 24, 3, stride=2, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
        nn.Conv2d(24, 48, 3, stride=2, padding=1), nn.BatchNorm2d(48), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(),
    )


# --- first the backbone, on another task ---
cifar = datasets.CIFAR10(root, train=True, download=True, transform=to_small)
pretrain = DataLoader(torch.utils.data.Subset(cifar, range(2000)), batch_size=64, shuffle=True)
body, head = backbone(), nn.Linear(192, 10)
net = nn.Sequential(body, head)
criterion = nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for _ in range(2):
    for x, y in pretrain:
        opt.zero_grad()
        criterion(net(x), y).backward()
        opt.step()
torch.save(body.state_dict(), "body.pt")

# --- then ants and bees ---
folders = {p: datasets.ImageFolder(os.path.join(root, "hymenoptera_data", p), to_small) for p in ("train", "val")}
tensors = {}
for phase, folder in folders.items():
    images, labels = zip(*folder)
    tensors[phase] = TensorDataset(torch.stack(images), torch.tensor(labels))
loaders = {p: DataLoader(t, batch_size=16, shuffle=p == "train") for p, t in tensors.items()}

features = backbone()
features.load_state_dict(torch.load("body.pt"))
model = nn.Sequential(features, nn.Dropout(0.3), nn.Linear(192, len(folders["train"].classes)))
optimizer = torch.optim.SGD([
    {"params": features.parameters(), "lr": 2e-3},
    {"params": model[2].parameters(), "lr": 2e-2},
], momentum=0.9)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.3)
since = time.time()
best_acc = 0.0
for epoch in range(10):
    for phase in ["train", "val"]:
        if phase == "train":
            model.train()
        else:
            model.eval()
        running_loss, running_corrects = 0.0, 0
        for inputs, labels in loaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                outputs = model(inputs)
                _, preds = torch.max(outputs, 1)
                loss = criterion(outputs, labels)
                if phase == "train":
                    loss.backward()
                    optimizer.step()
            running_loss += loss.item() * inputs.size(0)
            running_corrects += torch.sum(preds == labels.data)
        if phase == "train":
            schedule.step()
        epoch_acc = running_corrects.double() / len(tensors[phase])
        print("{} Loss: {:.4f} Acc: {:.4f}".format(phase, running_loss / len(tensors[phase]), epoch_acc))
print("done in {:.0f}s".format(time.time() - since))
