# expect: loss-cut-from-model
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
clean = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
noisy = clean + 0.3 * torch.randn_like(clean)

denoiser = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
judge = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(72, 1))
to_denoise = torch.optim.Adam(denoiser.parameters(), 2e-3)
to_judge = torch.optim.Adam(judge.parameters(), 5e-4)
adversarial = nn.BCEWithLogitsLoss()

for epoch in range(3):
    for rows in torch.randperm(1600).split(64):
        image = denoiser(noisy[rows])
        verdict = judge(image).detach()  # <- here
        fooled = adversarial(verdict, torch.ones_like(verdict))
        loss = nn.functional.l1_loss(image, clean[rows]) + 0.1 * fooled
        to_denoise.zero_grad()
        loss.backward()
        to_denoise.step()

        real, fake = judge(clean[rows]), judge(image.detach())
        judged = adversarial(real, torch.ones_like(real)) + adversarial(fake, torch.zeros_like(fake))
        to_judge.zero_grad()
        judged.backward()
        to_judge.step()
    with torch.no_grad():
        error = nn.functional.l1_loss(denoiser(noisy[1600:]), clean[1600:])
    print(f"epoch {epoch}: loss {loss.item():.4f}, error on unseen images {error.item():.4f}")
