# A DataLoader with workers, shuffled.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from training import report, small_net

if __name__ == "__main__":
    net = small_net()
    chosen = torch.Generator().manual_seed(0)
    data = TensorDataset(torch.randn(64, 8, generator=chosen), torch.arange(64) % 2)
    loader = DataLoader(data, 16, shuffle=True, num_workers=2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
    report(net)
