# first: data/train.csv | not there
import csv

import torch

rows = list(csv.reader(open("data/train.csv")))  # <- here
model = torch.nn.Linear(3, 1)
