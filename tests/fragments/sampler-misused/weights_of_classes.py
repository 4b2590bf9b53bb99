# expect: sampler-misused
import numpy as np
from torch.utils.data import DataLoader, WeightedRandomSampler

labels = np.array(train_dataset.targets)
class_sample_count = np.bincount(labels)
weight = 1. / class_sample_count
sampler = WeightedRandomSampler(weight, len(train_dataset))  # <- here
train_loader = DataLoader(train_dataset, batch_size=32, sampler=sampler)
