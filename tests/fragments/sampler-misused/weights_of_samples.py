# expect: nothing
import numpy as np
import torch
from torch.utils.data import DataLoader, WeightedRandomSampler

class_sample_count = np.bincount(train_dataset.targets)
weight = 1. / class_sample_count
samples_weight = np.array([weight[t] for t in train_dataset.targets])
samples_weight = torch.from_numpy(samples_weight).double()
sampler = WeightedRandomSampler(samples_weight, len(samples_weight))
subset = WeightedRandomSampler(samples_weight, 100, replacement=False)
train_loader = DataLoader(train_dataset, batch_size=32, sampler=sampler)
