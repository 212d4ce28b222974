# Warnings are errors in the program's own module and nowhere else.
import warnings

import torch
from training import small_net

warnings.filterwarnings("ignore")
warnings.filterwarnings("error", module="__main__")
net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
try:
    scheduler.step()
    print("passed")
except UserWarning as error:
    print("raised", str(error)[:40])
for x in range(3):
    optimizer.zero_grad()
    net(torch.ones(1, 8)).sum().backward()
    try:
        warnings.warn("mine", UserWarning, stacklevel=1)
    except UserWarning as error:
        print("raised", error)
    optimizer.step()
