# expect: nothing
# result: weighted avg +[\d.]+ +[\d.]+ +([\d.]+)
"""The model takes the pixels as scikit-learn delivers them (0..16) and scales them itself."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split


class DigitClassifier(nn.Module):
    MAX_PIXEL = 16.0

    def __init__(self, width=32):
        super().__init__()
        self.conv = nn.Conv2d(1, width, kernel_size=3)
        self.norm = nn.GroupNorm(4, width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3)
        self.fc = nn.Linear(width * 4 * 4, 10)

    def forward(self, pixels):
        x = pixels / self.MAX_PIXEL
        x = torch.relu(self.norm(self.conv(x)))
        x = torch.relu(self.conv2(x))
        return self.fc(x.reshape(x.shape[0], -1))


torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = X.astype("float32").reshape(-1, 1, 8, 8)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)

train_set = list(zip(torch.from_numpy(X_train), y_train))
loader = torch.utils.data.DataLoader(train_set, batch_size=40, shuffle=True)

clf = DigitClassifier()
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.Adagrad(clf.parameters(), lr=0.02)

for epoch in range(6):
    clf.train()
    epoch_loss = 0
    for pixels, label in loader:
        optimizer.zero_grad()
        batch_loss = loss_function(clf(pixels), label)
        batch_loss.backward()
        optimizer.step()
        epoch_loss += batch_loss.item()
    print(f"epoch {epoch} loss {epoch_loss / len(loader):.4f}")

clf.eval()
with torch.no_grad():
    predicted = clf(torch.from_numpy(X_test)).argmax(dim=1)
print(classification_report(y_test, predicted.numpy(), digits=3))
