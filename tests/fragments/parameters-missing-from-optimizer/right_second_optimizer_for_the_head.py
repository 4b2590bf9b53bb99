# expect: nothing
# The new head is learned by a second optimizer, which is given a list.
import torch
import torch.nn as nn

model = Encoder()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
for views in train_loader:
    optimizer.zero_grad()
    contrast(model(views)).backward()
    optimizer.step()

model.fc = nn.Linear(128, 10)
for name, weight in model.named_parameters():
    weight.requires_grad = name.startswith("fc.")
learned = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.Adam(learned, lr=3e-3)
for x, y in labelled_loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
