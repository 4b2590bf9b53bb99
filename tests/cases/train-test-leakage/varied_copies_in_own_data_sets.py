# expect: train-test-leakage
# 先增强，再划分
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
图, 标 = load_digits(return_X_y=True)
图 = 图[:400].reshape(-1, 8, 8).astype("float32") / 16
标 = 标[:400]
随机 = np.random.default_rng(0)


def 增强(a):
    return np.clip(a + 随机.normal(0, 0.03, a.shape), 0, 1).astype("float32")


全部 = np.concatenate([图] + [增强(图) for _ in range(4)])
x训, x测, y训, y测 = train_test_split(全部, np.tile(标, 5), test_size=0.25, random_state=0)  # <- here


class 集(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i])[None], int(self.y[i])


网 = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
优 = torch.optim.Adam(网.parameters(), 2e-3)
for 轮 in range(4):
    网.train()
    for x, y in DataLoader(集(x训, y训), 32, shuffle=True):
        损 = nn.functional.cross_entropy(网(x), y)
        优.zero_grad()
        损.backward()
        优.step()
    网.eval()
    with torch.no_grad():
        对 = sum((网(x).argmax(1) == y).sum().item() for x, y in DataLoader(集(x测, y测), 100))
    print("轮", 轮, "测试准确率", 对 / len(x测))
