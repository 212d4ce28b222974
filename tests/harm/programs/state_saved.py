# A checkpoint is written to a file and read back.
import torch
from training import report, small_net, train

net = small_net()
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
train(8, net, optimizer)
torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict()}, "checkpoint.pt")
train(8, net, optimizer)
state = torch.load("checkpoint.pt")
net.load_state_dict(state["net"])
optimizer.load_state_dict(state["optimizer"])
print(sorted(state["optimizer"]), sorted(state["optimizer"]["param_groups"][0]))
train(4, net, optimizer)
report(net)
