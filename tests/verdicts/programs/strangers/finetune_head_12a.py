# miswired not_learning plateau
# the optimizer is built before the classifier head is replaced, so the new head is not in the optimizer (backbone frozen except its norm)
# mended by: building the optimizer after the head is replaced
# cause words: optimizer head replaced parameters before new
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
class Backbone(nn.Module):
    def __init__(self, num_classes=100):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(32, 128), nn.ReLU())
        self.norm = nn.LayerNorm(128)
        self.block = nn.Sequential(nn.Linear(128, 128), nn.ReLU())
        self.fc = nn.Linear(128, num_classes)
    def forward(self, x):
        return self.fc(self.block(self.norm(self.stem(x))))
def build(args):
    model = Backbone()
    for n, p in model.named_parameters():
        if not n.startswith(("fc", "norm")):
            p.requires_grad_(False)
    if FIX:
        model.fc = nn.Linear(128, args["classes"])
    opt = torch.optim.AdamW(filter(lambda p: p.requires_grad, model.parameters()), lr=args["lr"], weight_decay=0.01)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, args["steps"])
    if not FIX:
        model.fc = nn.Linear(128, args["classes"])
    return model, opt, sched
args = dict(classes=12, lr=3e-3, steps=600, batch=64)
centers = torch.randn(args["classes"], 32)
def batch(n):
    y = torch.randint(0, args["classes"], (n,))
    return centers[y] + 1.2 * torch.randn(n, 32), y
model, opt, sched = build(args)
crit = nn.CrossEntropyLoss(label_smoothing=0.05)
for step in range(args["steps"]):
    x, y = batch(args["batch"])
    loss = crit(model(x), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step(); sched.step()
    if step % 100 == 0:
        print(f"{step:4d} {loss.item():.4f}")
x, y = batch(2000)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f}")
