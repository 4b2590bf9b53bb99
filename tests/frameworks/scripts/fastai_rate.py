# expect: learning-rate-too-high
# needs: fastai
from fastai.basics import *
from sklearn.datasets import load_digits
from torch.utils.data import TensorDataset, random_split

set_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
train_ds, valid_ds = random_split(TensorDataset(images, torch.tensor(digits.target)), [1437, 360])
dls = DataLoaders.from_dsets(train_ds, valid_ds, bs=64, device="cpu", num_workers=0)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
    nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10),
)
learn = Learner(dls, model, loss_func=nn.CrossEntropyLoss(), opt_func=SGD, metrics=accuracy)
learn.fit(6, lr=20.0)  # <- here
print(learn.validate())
