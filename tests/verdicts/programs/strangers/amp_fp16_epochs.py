# nonfinite not_learning
# A new GradScaler with scale 2^34 is made every epoch of 8 batches; the scale cannot fall enough and every step overflows float16 and is skipped.
# mended by: Make one scaler for the whole run with a sensible initial scale.
import os

import torch
import torch.nn as nn


class Denoiser(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(40, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 40)
        )

    def forward(self, x):
        return self.net(x)


def clean_signals(n):
    basis = torch.stack([torch.sin(torch.arange(40) * w) for w in (0.1, 0.25, 0.4, 0.7)])
    return torch.randn(n, 4) @ basis


def train_epoch(model, opt, batches, scaler=None):
    if scaler is None:
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**34)
    losses = []
    for clean in batches:
        noisy = clean + 0.5 * torch.randn_like(clean)
        opt.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            out = model(noisy)
            loss = nn.functional.mse_loss(out.float(), clean)
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
        losses.append(loss.item())
    return sum(losses) / len(losses), scaler.get_scale()


def main():
    torch.manual_seed(6)
    model = Denoiser()
    opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
    data = clean_signals(8 * 64)
    shared = torch.amp.GradScaler("cpu", init_scale=2.0**14) if os.environ.get("FIX") == "1" else None
    for epoch in range(30):
        order = torch.randperm(len(data))
        loss, scale = train_epoch(model, opt, data[order].split(64), shared)
        if epoch % 4 == 0:
            print(f"epoch {epoch:2d} mse {loss:.4f} scale {scale:g}")


main()
