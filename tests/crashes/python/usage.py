# first: Could not be judged: the script's own arguments: the following arguments are required: data: write whytorch train.py data
import argparse
import torch

p = argparse.ArgumentParser()
p.add_argument("--epochs", type=int)
p.add_argument("data")
args = p.parse_args()
