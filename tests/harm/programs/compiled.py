# A model is compiled: how many graphs there are, and how often compiling began anew.
import torch
from torch import nn
from training import report, small_batch, small_net

graphs = []


def backend(graph, inputs):
    graphs.append(len(graph.graph.nodes))
    return graph.forward


class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), small_net()

    def forward(self, x):
        y = self.first(x)
        torch._dynamo.graph_break()
        return self.second(y)


torch.manual_seed(2)
net = Broken()
run = torch.compile(net, backend=backend)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = small_batch()
for _ in range(60):
    optimizer.zero_grad()
    nn.functional.cross_entropy(run(x), y).backward()
    optimizer.step()
print(graphs, dict(torch._dynamo.utils.counters["stats"]))
report(net)
