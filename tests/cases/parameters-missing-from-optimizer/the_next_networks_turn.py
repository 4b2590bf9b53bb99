# expect: parameters-missing-from-optimizer
import torch
from sklearn.datasets import load_digits

torch.manual_seed(0)
pixels, digit = load_digits(return_X_y=True)
pixels, digit = torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(digit)

dense = torch.nn.Linear(64, 10)
steps = torch.optim.SGD(dense.parameters(), lr=0.5)  # <- here
print("dense, untrained", (dense(pixels[1400:]).argmax(1) == digit[1400:]).float().mean().item())

# now with convolutions
conv = torch.nn.Sequential(
    torch.nn.Unflatten(1, (1, 8, 8)),
    torch.nn.Conv2d(1, 16, 3),
    torch.nn.ReLU(),
    torch.nn.Flatten(),
    torch.nn.Linear(576, 10),
)
for _ in range(6):
    for rows in torch.randperm(1400).split(50):
        steps.zero_grad()
        torch.nn.functional.cross_entropy(conv(pixels[rows]), digit[rows]).backward()
        steps.step()
print("conv", (conv(pixels[1400:]).argmax(1) == digit[1400:]).float().mean().item())
