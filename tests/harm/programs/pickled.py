# Net and optimizer are pickled whole in the middle of training.
import io
import pickle

import torch
from training import digest, report, small_net, train

net = small_net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
train(8, net, optimizer)
data = pickle.dumps((net, optimizer))
net, optimizer = pickle.loads(data)
print(len(data))
train(8, net, optimizer)
buffer = io.BytesIO()
torch.save(net, buffer)
buffer.seek(0)
again = torch.load(buffer, weights_only=False)
print(digest(again.parameters()), len(buffer.getvalue()))
report(net)
