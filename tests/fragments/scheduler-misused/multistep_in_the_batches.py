# expect: scheduler-misused
import torch.optim as optim
from torch.optim.lr_scheduler import MultiStepLR

num_epochs = 90
optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
scheduler = MultiStepLR(optimizer, milestones=[30, 60, 80], gamma=0.1)

for epoch in range(num_epochs):
    net.train()
    for i, (inputs, labels) in enumerate(trainloader):
        inputs, labels = inputs.cuda(), labels.cuda()
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        scheduler.step()  # <- here
    test(epoch)
