# Anomaly detection tells where a NaN came from, by the forward call.
import torch
from training import small_net

net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
torch.autograd.set_detect_anomaly(True)
for step in range(10):
    optimizer.zero_grad()
    output = net(torch.ones(2, 8))
    if step == 5:
        output = (output * 0).sqrt() * 0
    output.sum().backward()
    optimizer.step()
