# healthy
# MAML: gradients through an inner step, noisy meta-loss from task to task; the loss after adaptation falls
import torch, torch.nn.functional as F
torch.manual_seed(33)
def init(i, o): return (torch.randn(o, i) * (2 / i) ** .5).requires_grad_(), torch.zeros(o, requires_grad=True)
params = [p for pair in (init(1, 40), init(40, 40), init(40, 1)) for p in pair]
def f(x, p):
    h = F.relu(F.linear(x, p[0], p[1]))
    return F.linear(F.relu(F.linear(h, p[2], p[3])), p[4], p[5])
def sine():
    amp, ph = torch.rand(1) * 2 + .5, torch.rand(1) * 3.14
    return lambda k: (lambda x: (x, amp * torch.sin(x + ph)))(torch.rand(k, 1) * 8 - 4)
def adapt(p, x, y, create, lr=0.02, n=2):
    for _ in range(n):
        g = torch.autograd.grad(F.mse_loss(f(x, p), y), p, create_graph=create)
        p = [w - lr * d for w, d in zip(p, g)]
    return p
meta = torch.optim.Adam(params, lr=2e-3)
avg = None
for it in range(700):
    loss = 0.
    for _ in range(4):
        task = sine()
        fast = adapt(params, *task(10), create=True)
        x, y = task(20); loss = loss + F.mse_loss(f(x, fast), y) / 4
    meta.zero_grad(); loss.backward()
    torch.nn.utils.clip_grad_norm_(params, 10.0)
    meta.step()
    avg = loss.item() if avg is None else .97 * avg + .03 * loss.item()
    if it % 100 == 0: print(it, f"{avg:.3f}")
test = 0.
for _ in range(100):
    task = sine(); fast = adapt(params, *task(10), create=False)
    x, y = task(50); test += F.mse_loss(f(x, fast), y).item() / 100
print(f"FINAL loss={avg:.4f} metric={test:.4f}")
