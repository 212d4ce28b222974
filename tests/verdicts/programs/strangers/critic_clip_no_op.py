# exploding_gradient miswired oscillating_loss badly_scaled not_learning
# WGAN critic weight clipping is a no-op (p = p.clamp(...) instead of in place), so the critic is unbounded and its outputs and gradients keep growing.
# mended by: p.clamp_(-c, c)
"""Wasserstein GAN with weight-clipped critic on an 8-dim Gaussian mixture."""
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(44)
D, Z = 8, 6
modes = torch.randn(5, D) * 1.5


def mlp(i, o, h=64):
    return nn.Sequential(nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o))


def real(n):
    return modes[torch.randint(0, 5, (n,))] + 0.3 * torch.randn(n, D)


@torch.no_grad()
def clip_weights(net, c):
    for p in net.parameters():
        if FIX:
            p.clamp_(-c, c)
        else:
            p = p.clamp(-c, c)


class WGAN:
    def __init__(self, clip=0.1, n_critic=3, lr=2e-3):
        self.G, self.C = mlp(Z, D), mlp(D, 1)
        self.og = torch.optim.RMSprop(self.G.parameters(), lr=lr / 4)
        self.oc = torch.optim.RMSprop(self.C.parameters(), lr=lr)
        self.clip, self.n_critic = clip, n_critic

    def critic_step(self, bs):
        with torch.no_grad():
            fake = self.G(torch.randn(bs, Z))
        loss = self.C(fake).mean() - self.C(real(bs)).mean()
        self.oc.zero_grad()
        loss.backward()
        gn = sum(p.grad.pow(2).sum() for p in self.C.parameters()).sqrt().item()
        self.oc.step()
        clip_weights(self.C, self.clip)
        return loss.item(), gn

    def gen_step(self, bs):
        loss = -self.C(self.G(torch.randn(bs, Z))).mean()
        self.og.zero_grad()
        loss.backward()
        self.og.step()
        return loss.item()

    def fit(self, iters, bs=96):
        ref = real(4000)
        hist = []
        for it in range(iters):
            for _ in range(self.n_critic):
                c, gn = self.critic_step(bs)
            g = self.gen_step(bs)
            with torch.no_grad():
                f = self.G(torch.randn(256, Z))
                gap = ((f.mean(0) - ref.mean(0)).abs() / ref.std(0)).mean().item()
            hist.append((c, gap))
            if it % 25 == 0:
                print(it, f"critic {c:.4g} gen {g:.4g} gap {gap:.3f} gnorm {gn:.3g}")
        k = iters // 10
        print("FINAL loss=%.5g metric=%.4f" % (sum(h[0] for h in hist[-k:]) / k, sum(h[1] for h in hist[-k:]) / k))


WGAN().fit(260)
