# fp16_underflow vanishing_gradient plateau not_learning
# fp16 working weights with a static loss scale of 1; the loss in physical units (0.01 full scale, mean over 32768 elements) gives gradients of ~1e-8 at the fp16 output which flush to zero.
# mended by: loss_scale=2**16
"""Sensor autoencoder kept in half precision with float32 master weights."""
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
np.random.seed(5)
FULL_SCALE = 0.01


class HalfWithMaster:
    """fp16 working copy, fp32 masters, static loss scale."""

    def __init__(self, net, lr, loss_scale=1.0):
        self.net = net
        self.master = [p.detach().clone().float().requires_grad_() for p in net.parameters()]
        net.half()
        self.opt = torch.optim.Adam(self.master, lr=lr, eps=1e-10)
        self.scale = loss_scale

    def backward(self, loss):
        for p in self.net.parameters():
            p.grad = None
        (loss * self.scale).backward()

    def step(self):
        for m, p in zip(self.master, self.net.parameters()):
            m.grad = p.grad.float() / self.scale
        self.opt.step()
        with torch.no_grad():
            for m, p in zip(self.master, self.net.parameters()):
                p.copy_(m)


def make_signals(n, length=256):
    t = np.linspace(0, 1, length)
    f = np.random.randint(1, 5, (n, 3, 1))
    ph = np.random.choice([0, np.pi / 2], (n, 3, 1))
    a = np.random.randn(n, 3, 1)
    s = (a * np.sin(2 * np.pi * f * t + ph)).sum(1)
    return torch.tensor(s * FULL_SCALE, dtype=torch.float32)      # volts


net = nn.Sequential(
    nn.Linear(256, 64), nn.LeakyReLU(0.1),
    nn.Linear(64, 16),
    nn.Linear(16, 64), nn.LeakyReLU(0.1),
    nn.Linear(64, 256))
for m in net:
    if isinstance(m, nn.Linear):
        nn.init.zeros_(m.bias)
x_all = make_signals(4096)
var = x_all.pow(2).mean().item()
engine = HalfWithMaster(net, lr=1e-3, loss_scale=2.0 ** 16 if FIX else 1.0)
hist = []
for step in range(400):
    xb = x_all[torch.randint(0, 4096, (128,))]
    rec = net((xb / FULL_SCALE).half())
    loss = (rec.float() * FULL_SCALE - xb).pow(2).mean()
    engine.backward(loss)
    engine.step()
    hist.append(loss.item())
    if step % 50 == 0:
        z = np.mean([(p.grad == 0).float().mean().item() for p in net.parameters()])
        print(step, "loss %.3e" % loss.item(), "fvu %.3f" % (loss.item() / var), "zero grads %.2f" % z)
print("FINAL loss=%.4e metric=%.4f" % (np.mean(hist[-40:]), np.mean(hist[-40:]) / var))
