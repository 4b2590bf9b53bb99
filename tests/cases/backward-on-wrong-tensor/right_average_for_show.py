# expect: nothing
import torch
import torch.nn as nn


def main(accumulate=2):
    torch.manual_seed(0)
    x = torch.randn(640, 5)
    y = (x.sum(1) > 0).long()
    model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 2))
    criterion = nn.CrossEntropyLoss()
    aux_criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(4):
        model.train()
        for n, i in enumerate(torch.randperm(560).split(20)):
            out = model(x[i])
            hard = criterion(out, y[i])
            smooth = aux_criterion(out, y[i])
            loss = (0.7 * hard + 0.3 * smooth) / accumulate
            loss.backward()
            if (n + 1) % accumulate == 0:
                optimizer.step()
                optimizer.zero_grad()
            shown = loss * accumulate
        print(f"epoch {epoch} {shown.item():.4f} {hard.item():.4f}")
    model.eval()
    with torch.no_grad():
        print("accuracy", (model(x[560:]).argmax(1) == y[560:]).float().mean().item())


main()
