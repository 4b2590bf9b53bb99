# expect: nothing
# needs: fastai
"""A Learner over a DataBlock of digits, trained with the one-cycle policy."""
import numpy as np
from fastai.vision.all import *
from sklearn.datasets import load_digits

set_seed(42)
digits = load_digits()
pixels = (digits.images * 255 / 16).astype(np.uint8)

block = DataBlock(
    blocks=(ImageBlock(cls=PILImageBW), CategoryBlock),
    get_x=lambda i: pixels[i],
    get_y=lambda i: int(digits.target[i]),
    splitter=RandomSplitter(valid_pct=0.2, seed=42),
    item_tfms=Resize(16),
    batch_tfms=[*aug_transforms(do_flip=False, max_rotate=5, max_zoom=1.05, max_warp=0.0),
                Normalize.from_stats([0.305], [0.376])],
)
dls = block.dataloaders(range(len(pixels)), bs=64, num_workers=0)


def conv(ni, nf):
    return nn.Sequential(nn.Conv2d(ni, nf, 3, stride=2, padding=1), nn.BatchNorm2d(nf), nn.ReLU())


model = nn.Sequential(conv(1, 16), conv(16, 32), conv(32, 64), nn.Flatten(), nn.Linear(256, dls.c))
learn = Learner(dls, model, loss_func=CrossEntropyLossFlat(), metrics=accuracy)
learn.fit_one_cycle(4, 5e-3)
loss, acc = learn.validate()
print("validation accuracy", acc)
