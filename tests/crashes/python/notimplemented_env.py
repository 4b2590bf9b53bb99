# first: the environment variable LOCAL_RANK is not set: start the script with torchrun --nproc_per_node=1
import os
import torch

rank = int(os.environ["LOCAL_RANK"])  # <- here
