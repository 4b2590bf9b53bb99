# first: pad_sequence
import torch

sequences = [torch.randn(n, 4) for n in (3, 5, 2)]
batch = torch.stack(sequences)  # <- here
