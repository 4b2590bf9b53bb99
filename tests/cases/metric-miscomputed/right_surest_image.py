# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)
model = nn.Sequential(nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(8):
    model.train()
    for rows in torch.randperm(1300).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[rows]), labels[rows]).backward()
        optimizer.step()
    model.eval()
    right, sure, typical = 0, 0, 0
    with torch.no_grad():
        for rows in torch.arange(1300, 1797).split(71):
            scores = model(images[rows])
            right += (scores.argmax(1) == labels[rows]).sum().item()
            # which image of the batch is taken for its class with the most certainty, and whether
            # the images that stand for a class best are of it
            sure += labels[rows][scores.argmax() // 10] == scores.argmax() % 10
            typical += (scores.softmax(0).argmax(1) == labels[rows]).sum().item()
    print(f"epoch {epoch}: accuracy {right / 497:.4f}, surest right in {sure}/7 batches, "
          f"compared within the batch {typical / 497:.4f}")
