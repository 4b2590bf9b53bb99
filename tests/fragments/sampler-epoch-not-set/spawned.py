# expect: sampler-epoch-not-set
import torch.multiprocessing as mp
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler


def main_worker(rank, world_size, args):
    dist.init_process_group("nccl", rank=rank, world_size=world_size)
    train_sampler = DistributedSampler(train_dataset, num_replicas=world_size, rank=rank)  # <- here
    train_loader = DataLoader(train_dataset, batch_size=args.batch_size, sampler=train_sampler)
    model = DDP(build_model().to(rank), device_ids=[rank])
    for epoch in range(args.epochs):
        for x, y in train_loader:
            loss = criterion(model(x.to(rank)), y.to(rank))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


mp.spawn(main_worker, nprocs=4, args=(4, args))
