# expect: frozen-parameters
# needs: fastai
"""A body and a head, as for fine-tuning: only the head is trained."""
from fastai.basics import *
from sklearn.datasets import load_digits
from torch.utils.data import TensorDataset, random_split

set_seed(3)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
train_ds, valid_ds = random_split(TensorDataset(images, torch.tensor(digits.target)), [1437, 360])
dls = DataLoaders.from_dsets(train_ds, valid_ds, bs=64, device="cpu", num_workers=0)

body = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(),
    nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.ReLU(),
    nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(),
)
head = nn.Linear(8, 10)
model = nn.Sequential(body, head)

learn = Learner(dls, model, loss_func=nn.CrossEntropyLoss(), metrics=accuracy,
                splitter=lambda m: [params(m[0]), params(m[1])])
learn.freeze()  # <- here
learn.fit(6, 1e-2)  # <- here
