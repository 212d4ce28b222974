# Context variables that are set around training and read inside of what torch calls.
import contextvars

import torch
from torch import nn
from training import report, small_batch, small_net

stage = contextvars.ContextVar("stage", default="none")
seen = []


class Reading(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = small_net()

    def forward(self, x):
        seen.append(("forward", stage.get()))
        stage.set("forward")
        return self.inner(x)


def closure():
    seen.append(("closure", stage.get()))
    stage.set("closure")
    optimizer.zero_grad()
    out = net(x)
    out.register_hook(lambda gradient: seen.append(("hook", stage.get())))
    loss = nn.functional.cross_entropy(out, y)
    loss.backward()
    return loss


net = Reading()
optimizer = torch.optim.LBFGS(net.parameters(), max_iter=3)
x, y = small_batch()
for number in range(3):
    context = contextvars.copy_context()
    context.run(stage.set, f"step {number}")
    context.run(optimizer.step, closure)
    seen.append(("after", stage.get(), context[stage]))
print(seen[:6], len(seen), seen[-1])
report(net)
