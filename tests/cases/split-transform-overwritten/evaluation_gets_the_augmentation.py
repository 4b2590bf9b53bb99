# expect: split-transform-overwritten
# also: augmentation-on-evaluation-data
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, Dataset, random_split
from torchvision import transforms as T


class Pictures(Dataset):
    transform = None

    def __init__(self):
        data = load_digits()
        self.pictures = torch.from_numpy(data.images).float().unsqueeze(1) / 16.0
        self.targets = data.target

    def __getitem__(self, k):
        p = self.pictures[k]
        return (self.transform(p) if self.transform else p), self.targets[k]

    def __len__(self):
        return len(self.targets)


def main():
    torch.manual_seed(0)
    train, valid = random_split(Pictures(), [0.8, 0.2])
    train.dataset.transform = T.RandomAffine(degrees=10, translate=(0.1, 0.1))  # <- here
    loaders = {
        "train": DataLoader(train, 64, shuffle=True),
        "valid": DataLoader(valid, 64),
    }
    cnn = torch.nn.Sequential(
        torch.nn.Conv2d(1, 12, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(192, 10),
    )
    opt = torch.optim.Adam(cnn.parameters(), lr=0.01)
    for epoch in range(3):
        for phase in ("train", "valid"):
            cnn.train(phase == "train")
            right = 0
            for x, y in loaders[phase]:
                with torch.set_grad_enabled(phase == "train"):
                    out = cnn(x)
                    loss = torch.nn.functional.cross_entropy(out, y)
                if phase == "train":
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
                right += (out.argmax(1) == y).sum().item()
            print(epoch, phase, right / len(loaders[phase].dataset))


main()
