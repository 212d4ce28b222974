# vanishing_gradient exploding_gradient nonfinite plateau
# The recurrent weight of a ReLU RNN is drawn with spectral radius about 1.9, so states and gradients explode through 40 time steps.
# mended by: Initialise the recurrent weight to the identity (or orthogonal) and clip.
"""The adding problem with a ReLU recurrent net."""
import math
import os

import torch
from torch import nn


class AddingRNN(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.rnn = nn.RNN(2, hidden, nonlinearity="relu", batch_first=True)
        self.readout = nn.Linear(hidden, 1)
        nn.init.normal_(self.rnn.weight_ih_l0, std=0.1)
        nn.init.zeros_(self.rnn.bias_ih_l0)
        nn.init.zeros_(self.rnn.bias_hh_l0)
        if os.environ.get("FIX") == "1":
            nn.init.eye_(self.rnn.weight_hh_l0)
        else:
            nn.init.normal_(self.rnn.weight_hh_l0, std=1.9 / math.sqrt(hidden))

    def forward(self, x):
        out, h = self.rnn(x)
        return self.readout(h[-1]).squeeze(-1)


def problem(n, length):
    values = torch.rand(n, length)
    marks = torch.zeros(n, length)
    half = length // 2
    a, b = torch.randint(0, half, (n,)), torch.randint(half, length, (n,))
    rows = torch.arange(n)
    marks[rows, a] = 1.0
    marks[rows, b] = 1.0
    return torch.stack([values * marks, marks], -1), values[rows, a] + values[rows, b]


def main():
    torch.manual_seed(1)
    model = AddingRNN()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    mse = nn.MSELoss()
    print("baseline (always 1.0): about 0.167")
    window = []
    for it in range(250):
        x, y = problem(32, 36)
        loss = mse(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        window.append(loss.item())
        if it in (0, 1, 2) or (it + 1) % 50 == 0:
            print(f"it {it + 1} mse {sum(window) / len(window):.5g}")
            window = []


if __name__ == "__main__":
    main()
