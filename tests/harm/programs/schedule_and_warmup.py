# Schedulers look at whether the optimizer has stepped.
import torch
from torch import nn
from training import report, small_batch, small_net

net = small_net()
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=5)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [5])
x, y = small_batch()
for _ in range(12):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
    schedule.step()
    print(schedule.get_last_lr())
report(net)
