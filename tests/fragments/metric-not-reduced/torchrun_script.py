# expect: metric-not-reduced
import torch.distributed as dist
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

dist.init_process_group("nccl")
val_sampler = DistributedSampler(val_set, shuffle=False)
val_loader = DataLoader(val_set, batch_size=64, sampler=val_sampler)
model.eval()
correct = total = 0
for images, targets in val_loader:
    outputs = model(images.cuda())
    correct += (outputs.argmax(1) == targets.cuda()).sum().item()
    total += targets.size(0)
acc = 100.0 * correct / total
print(f"val acc {acc}")  # <- here
