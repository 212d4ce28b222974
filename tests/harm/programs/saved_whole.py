# A model is saved whole, with its optimizer and its schedule, and goes on from there.
import copy
import pickle

import torch
from training import digest, report, small_net, train

net = small_net()
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 4)
train(8, net, optimizer, lambda step: schedule.step())
torch.save((net, optimizer.state_dict()), "whole.pt")
blob = pickle.dumps((net, optimizer, schedule, torch.autograd.backward))
print(b"gradtui" in blob, len(blob))
again, other, late, *_ = pickle.loads(blob)
train(8, again, other, lambda step: late.step())
third, state = torch.load("whole.pt", weights_only=False)
print(digest(again.state_dict().values()), digest(third.state_dict().values()))
shallow, deep = copy.copy(net), copy.deepcopy((net, optimizer))
train(8, *deep)
train(4, shallow, optimizer)
print(digest(deep[0].state_dict().values()), sorted(vars(shallow)) == sorted(vars(net)))
report(net)
