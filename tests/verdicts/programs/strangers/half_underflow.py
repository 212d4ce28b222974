# fp16_underflow vanishing_gradient
# the model is put in half precision with .half() and the loss is a mean over a very large tensor, without any loss scaling: the gradients are below 6e-8 and come out as zero
# mended by: a static loss scale of 2**14, divided out before the step on float32 master weights
# cause words: half fp16 underflow scale float16
import os, copy
import torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1); torch.set_num_threads(1)
SCALE = 2.0 ** 14 if FIX else 1.0


class UpNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(16, 64)
        self.b = nn.Linear(64, 64)
        self.c = nn.Linear(64, 256)

    def forward(self, x):
        x = nn.functional.leaky_relu(self.a(x), 0.3)
        x = nn.functional.leaky_relu(self.b(x), 0.3)
        return self.c(x)


true = torch.randn(16, 256)
def data(n=256):
    x = torch.randn(n, 16)
    return x, 0.0003 * (x @ true) / 4      # small amplitudes, as in raw audio


master = UpNet()
model = copy.deepcopy(master).half()
opt = torch.optim.SGD(master.parameters(), lr=150.0, momentum=0.9)
with torch.no_grad():
    master.c.weight.mul_(0.0005); master.c.bias.zero_(); model.c.load_state_dict(master.c.state_dict())
hist = []
for i in range(400):
    x, y = data()
    out = model(x.half())
    err = out - y.half()
    loss = (err * err * SCALE).mean()
    model.zero_grad()
    loss.backward()
    for p, q in zip(master.parameters(), model.parameters()):
        p.grad = q.grad.float() / SCALE
    opt.step()
    with torch.no_grad():
        for p, q in zip(master.parameters(), model.parameters()):
            q.copy_(p)
    rel = (err.float().pow(2).mean() / y.pow(2).mean()).item()
    hist.append(rel)
    if i % 100 == 0:
        print(f"{i} loss {loss.item() / SCALE:.3e} relative error {rel:.4f}")
print(f"FINAL loss={loss.item() / SCALE:.3e} metric={sum(hist[-20:]) / 20:.4f}")
