# A configuration in code is executed in a dictionary, training included.
CODE = """
import torch
from torch import nn
torch.manual_seed(0)
net = nn.Linear(3, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=rate)
for step in range(4):
    optimizer.zero_grad()
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()
"""
names = {"rate": 0.1}
exec(compile(CODE, "config.py", "exec"), names)
print(sorted(name for name in names if name != "__builtins__"))
