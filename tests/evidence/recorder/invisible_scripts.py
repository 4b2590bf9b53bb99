"""Scripts of many kinds for the promise that observing changes nothing. Each trains `model`."""

PRELUDE = """
import copy, random
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, Dataset, random_split
torch.manual_seed(3); random.seed(3); np.random.seed(3)
digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1)[:600] / 16
y = torch.tensor(digits.target)[:600]
data = TensorDataset(X, y)

def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in loader)
    model.train()
    return right / len(loader.dataset)
"""

EPILOGUE = """
import hashlib
digest = hashlib.sha256()
for name, value in sorted(model.state_dict().items()):
    digest.update(name.encode() + value.detach().float().numpy().tobytes())
print("weights", digest.hexdigest())
print("random", hashlib.sha256(torch.get_rng_state().numpy().tobytes()).hexdigest())
print("random", random.random(), np.random.rand())
"""

SCRIPTS = {
    "batchnorm_sgd_scheduler": """
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(),
                      nn.Linear(8 * 36, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3)
loader = DataLoader(data, 64, shuffle=True)
for epoch in range(3):
    for a, b in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(a), b)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item(), scheduler.get_last_lr(), accuracy(model, loader))
""",
    "dropout_adam": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(64, 50), nn.Linear(50, 10)
        self.drop = nn.Dropout(0.5)
    def forward(self, x):
        return self.b(self.drop(torch.relu(self.a(x.flatten(1)))))
model = Net()
optimizer = torch.optim.Adam(model.parameters(), 1e-2)
for i in range(40):
    index = torch.randint(0, 600, (32,))
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)(model(X[index]), y[index])
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    print(i, loss.item())
""",
    "workers_and_augmentation": """
class Shifted(Dataset):
    def __len__(self):
        return 300
    def __getitem__(self, i):
        shift = int(torch.randint(-1, 2, ()))
        return torch.roll(X[i], shift, 2) + 0.01 * torch.randn(1, 8, 8), y[i]
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
loader = DataLoader(Shifted(), 50, shuffle=True, num_workers=2)
for epoch in range(2):
    for a, b in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(a), b).backward()
        optimizer.step()
    print(epoch, float(a.sum()))
""",
    "bfloat16_autocast": """
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
optimizer = torch.optim.SGD(model.parameters(), 0.05)
for a, b in DataLoader(data, 60, shuffle=True):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = F.cross_entropy(model(a), b)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(loss.item())
""",
    "accumulation": """
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), 0.1, nesterov=True, momentum=0.9)
for i, (a, b) in enumerate(DataLoader(data, 20, shuffle=True)):
    (F.nll_loss(F.log_softmax(model(a), 1), b) / 4).backward()
    if i % 4 == 3:
        optimizer.step()
        optimizer.zero_grad()
        print(i, float(model[1].weight.sum()))
""",
    "plateau_and_best_weights": """
train, held = random_split(data, [500, 100])
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
optimizer = torch.optim.RMSprop(model.parameters(), 1e-2)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
best, kept = 0.0, None
for epoch in range(4):
    for a, b in DataLoader(train, 50, shuffle=True):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(a), b)
        loss.backward()
        optimizer.step()
    score = accuracy(model, DataLoader(held, 100))
    scheduler.step(loss)
    if score > best:
        best, kept = score, copy.deepcopy(model.state_dict())
    print(epoch, score)
model.load_state_dict(kept)
""",
    "generator_and_discriminator": """
model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.Sigmoid())
critic = nn.Sequential(nn.Linear(64, 32), nn.LeakyReLU(), nn.Linear(32, 1))
one = torch.optim.Adam(model.parameters(), 1e-3)
two = torch.optim.Adam(critic.parameters(), 1e-3)
loss = nn.BCEWithLogitsLoss()
for a, _ in DataLoader(data, 60, shuffle=True):
    fake = model(torch.randn(60, 8))
    two.zero_grad()
    real = loss(critic(a.flatten(1)), torch.ones(60, 1))
    d = real + loss(critic(fake.detach()), torch.zeros(60, 1))
    d.backward(); two.step()
    one.zero_grad()
    g = loss(critic(fake), torch.ones(60, 1))
    g.backward(); one.step()
    print(d.item(), g.item())
""",
    "lbfgs_closure": """
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5)
def closure():
    optimizer.zero_grad()
    loss = F.cross_entropy(model(X), y)
    loss.backward()
    return loss
for i in range(4):
    print(i, optimizer.step(closure).item())
""",
    "hooks_checkpoint_and_double_backward": """
from torch.utils.checkpoint import checkpoint
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
seen = []
model[1].register_forward_hook(lambda m, i, o: seen.append(float(o.sum())))
model[3].register_full_backward_hook(lambda m, i, o: seen.append(float(o[0].sum())))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for i in range(10):
    part = X[i * 50:(i + 1) * 50].requires_grad_()
    hidden = checkpoint(model[:3], part, use_reentrant=False)
    loss = F.cross_entropy(model[3](hidden), y[i * 50:(i + 1) * 50])
    slope, = torch.autograd.grad(loss, part, create_graph=True)
    optimizer.zero_grad()
    (loss + slope.pow(2).sum()).backward()
    optimizer.step()
    print(seen[-2:], len(seen))
""",
    "scripted_and_averaged": """
@torch.jit.script
def squash(x):
    return F.relu(x) * 0.5 + F.softmax(x, dim=1)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 10)
    def forward(self, x):
        return squash(self.fc(x.flatten(1)))
model = Net()
scripted = torch.jit.trace(nn.Linear(4, 2), torch.randn(1, 4))
normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 4, 3))
shown = next(iter(DataLoader(data, 4)))[0]
traced = torch.jit.trace(nn.Sequential(normed, nn.Flatten(), nn.Linear(144, 2)), shown)
averaged = torch.optim.swa_utils.AveragedModel(model)
optimizer = torch.optim.Adagrad(model.parameters(), 1e-2)
for a, b in DataLoader(data, 60, shuffle=True):
    optimizer.zero_grad()
    F.cross_entropy(model(a), b).backward()
    optimizer.step()
    averaged.update_parameters(model)
print(accuracy(averaged, DataLoader(data, 100)), scripted(torch.ones(1, 4)), traced(X[:1]))
""",
    "forward_called_replaced_and_compiled": """
import inspect
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 10)
    def forward(self, x):
        return F.relu(self.fc(x.flatten(1)))
model = Net()
print(inspect.signature(model.forward), len(inspect.getsource(Net.forward)))
print(torch.fx.symbolic_trace(model).code)
scripted = torch.jit.script(model)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for a, b in DataLoader(data, 60, shuffle=True):
    optimizer.zero_grad()
    F.cross_entropy(model.forward(a), b).backward()
    optimizer.step()
Net.forward = lambda self, x: self.fc(x.flatten(1))
again = torch.jit.script(nn.Sequential(nn.Linear(64, 3), nn.ReLU()))
shown = [m(X[:3]).sum() for m in (model.forward, model, scripted)]
print(shown, again(X[0].view(1, -1)))
""",
    "transformer_and_recurrent": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.recurrent = nn.GRU(8, 12, batch_first=True)
        self.head = nn.Linear(12, 10)
    def forward(self, x):
        out, _ = self.recurrent(self.encoder(x.squeeze(1)))
        return self.head(out[:, -1])
model = Net()
optimizer = torch.optim.AdamW(model.parameters(), 1e-3, amsgrad=True)
warm = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=12)
for a, b in DataLoader(data, 50, shuffle=True):
    optimizer.zero_grad(set_to_none=False)
    loss = F.cross_entropy(model(a), b)
    loss.backward(); optimizer.step(); warm.step()
    print(loss.item(), warm.get_last_lr())
print(accuracy(model, DataLoader(data, 200)))
""",
    "manual_updates_and_frozen": """
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.BatchNorm1d(32),
                      nn.Linear(32, 10))
for p in model[1].parameters():
    p.requires_grad_(False)
for i in range(20):
    loss = F.cross_entropy(model(X[:100]), y[:100])
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            if p.grad is not None:
                p -= 0.1 * p.grad
    print(i, loss.item())
""",
    "warnings_with_their_lines": """
import warnings
warnings.simplefilter("default")
warnings.showwarning = lambda text, kind, file, line, *more: print(file, line, str(text)[:60])
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
warm = torch.optim.lr_scheduler.StepLR(optimizer, 2)
warm.step()
squared = nn.MSELoss()
class Watcher(nn.Module):
    def forward(self, a, b):
        warnings.warn("asked for", stacklevel=3)
        warnings.warn("asked for", stacklevel=1)
        return squared(a, b)
watcher = Watcher()
for i in range(4):
    optimizer.zero_grad()
    scores = model(X[:50])
    loss = F.mse_loss(scores, y[:50].float()) + F.l1_loss(scores, y[:50].float())
    loss = loss + F.smooth_l1_loss(scores, y[:50].float()) + watcher(scores, y[:50].float())
    loss = loss + F.softmax(scores).mean() + F.log_softmax(scores).mean()
    loss.backward()
    optimizer.step()
    warm.step(i)
warm.step(7)
print(loss.item())
""",
}
