# first: optimizer | optimzer
import torch

model = torch.nn.Linear(3, 1)
loss = model(torch.rand(4, 3)).mean()
optimzer = torch.optim.SGD(model.parameters(), lr=0.1)
loss.backward()
optimizer.step()  # <- here
