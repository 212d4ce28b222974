# miswired
# reward (B,) plus next value (B,1) broadcasts to (B,B), so every state is regressed on everybody's target
# mended by: squeezing the next value to (B,)
# cause words: broadcast shape dimension squeeze target
import os, copy, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
GAMMA, N = 0.9, 4000
s = torch.rand(N, 2) * 2 - 1
drift = torch.stack([-s[:, 1], s[:, 0]], 1) * 0.3
s2 = (s + drift + 0.02 * torch.randn(N, 2)).clamp(-1, 1)
r = torch.sin(3 * s[:, 0]) + s[:, 1] ** 2
done = (s2.norm(dim=1) > 1.1).float()
V = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
V_targ = copy.deepcopy(V).requires_grad_(False)
opt = torch.optim.Adam(V.parameters(), 1e-3)
for step in range(1200):
    i = torch.randint(0, N, (128,))
    with torch.no_grad():
        v_next = V_targ(s2[i])
        if FIX:
            v_next = v_next.squeeze(-1)
        backup = r[i] + GAMMA * (1 - done[i]) * v_next
    v = V(s[i]).squeeze(-1) if FIX else V(s[i])
    loss = ((v - backup) ** 2).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    with torch.no_grad():
        for p, q in zip(V.parameters(), V_targ.parameters()):
            q.lerp_(p, 0.02)
    if step % 200 == 0:
        print(step, loss.item(), v.mean().item())
with torch.no_grad():
    res = V(s)[:, 0] - (r + GAMMA * (1 - done) * V(s2)[:, 0])
print(f"FINAL loss={loss.item():.4f} metric={res.pow(2).mean().item():.4f}")
