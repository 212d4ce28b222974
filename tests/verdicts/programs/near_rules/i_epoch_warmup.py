# healthy
# the lr is warmed up by epoch, 20 rises of 30 steps each from almost zero, on a task with a saddle (a parity of three inputs): the loss is at its start for 500 steps, then it wakes and is learned
# rule: I
import torch
import torch.nn as nn

torch.manual_seed(19)
N, D = 1920, 12
X = torch.randint(0, 2, (N + 1000, D)).float() * 2 - 1
lab = (X[:, 0] * X[:, 1] * X[:, 2] > 0).long()         # parity of three: no input and no pair says anything
xt, yt, xv, yv = X[:N], lab[:N], X[N:], lab[N:]

net = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
EPOCHS, WARM, B = 55, 20, 64
run, step = [], 0
for epoch in range(EPOCHS):
    if epoch < WARM:
        lr = 2e-3 * 10 ** (-5 + 5 * (epoch + 1) / WARM)
    else:
        lr = 2e-3 * (1 - (epoch - WARM) / (EPOCHS - WARM))
    for gr in opt.param_groups:
        gr["lr"] = lr
    for idx in torch.randperm(N).split(B):
        loss = nn.functional.cross_entropy(net(xt[idx]), yt[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        run.append(loss.item())
        step += 1
    print(f"epoch {epoch} step {step} lr {lr:.2e} loss {sum(run[-30:]) / 30:.4f}")

net.eval()
with torch.no_grad():
    acc = (net(xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={sum(run[-30:]) / 30:.4f} metric={acc:.4f} (accuracy held out, 2 classes)")
