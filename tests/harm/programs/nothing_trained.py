# torch is imported and nothing trained: no record is to be left.
# @ steps: 0
import torch

print(torch.ones(3).sum().item())
