# miswired
# Latent world model: the encoding of the next observation (the target) is not detached, so encoder and dynamics agree by mapping every observation to nearly the same point: representations collapse, loss looks excellent.
# mended by: target from a slow EMA copy of the encoder / no gradient through the target
# cause words: collapse, stop-gradient, detach, target, encoder, constant, representation, trivial
import copy, os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
g = torch.Generator().manual_seed(9)
mix = torch.randn(4, 40, generator=g)
def rollouts(n, T=6):
    pos = torch.rand(n, 2, generator=g) * 2 - 1
    vel = torch.randn(n, 2, generator=g) * 0.3
    obs, acts, states = [], [], []
    for _ in range(T):
        a = torch.randn(n, 2, generator=g) * 0.3
        s = torch.cat([pos, vel], 1)
        o = torch.sin(s @ mix * 1.2) + 0.05 * torch.randn(n, 40, generator=g)
        obs.append(o); acts.append(a); states.append(s)
        vel = 0.9 * vel + a
        pos = pos + 0.4 * vel
        hit = pos.abs() > 1.2
        vel = torch.where(hit, -vel, vel); pos = pos.clamp(-1.2, 1.2)
    return torch.stack(obs, 1), torch.stack(acts, 1), torch.stack(states, 1)
obs, acts, states = rollouts(1500)
enc = nn.Sequential(nn.Linear(40, 128), nn.LayerNorm(128), nn.SiLU(), nn.Linear(128, 16))
dyn = nn.Sequential(nn.Linear(18, 128), nn.SiLU(), nn.Linear(128, 16))
probe = nn.Linear(16, 4)
target_enc = copy.deepcopy(enc).requires_grad_(False)
opt = torch.optim.Adam([*enc.parameters(), *dyn.parameters()], lr=1e-3)
H = 3
for step in range(700):
    i = torch.randint(0, len(obs), (128,), generator=g)
    t0 = int(torch.randint(0, 6 - H, (1,), generator=g))
    z = enc(obs[i, t0])
    loss = 0.0
    for h in range(H):
        z = z + dyn(torch.cat([z, acts[i, t0 + h]], 1))
        nxt = (target_enc if FIX else enc)(obs[i, t0 + h + 1])
        loss = loss + 0.8 ** h * F.mse_loss(z, nxt)
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for p, q in zip(enc.parameters(), target_enc.parameters()):
            q.lerp_(p, 0.01)
    if step % 70 == 0:
        print(f"step {step} latent loss {loss.item():.6f}")
# how much of the true state a small readout gets from the (frozen) latents
with torch.no_grad():
    z = enc(obs[:1200].flatten(0, 1)); zv = enc(obs[1200:].flatten(0, 1))
popt = torch.optim.Adam(probe.parameters(), lr=0.02)
s, sv = states[:1200].flatten(0, 1), states[1200:].flatten(0, 1)
for _ in range(150):
    pl = F.mse_loss(probe(z), s)
    popt.zero_grad(); pl.backward(); popt.step()
with torch.no_grad():
    pl = F.mse_loss(probe(zv), sv).item()
print(f"FINAL loss={pl:.4f} metric={1 - pl / sv.var().item():.4f}")
