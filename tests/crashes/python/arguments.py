# first: --data | required
import argparse

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
args = parser.parse_args()
model = torch.nn.Linear(3, 1)
