# Only deterministic algorithms are allowed.
import torch
from training import report, train

torch.use_deterministic_algorithms(True)
report(train(30))
