# Settings are the arguments, taken by locals() before anything is built.
# @ steps: 6
import torch
from torch import nn


def main(lr=0.1, epochs=6, width=16):
    settings = locals()
    net = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=settings["lr"])
    for _ in range(settings["epochs"]):
        optimizer.zero_grad()
        net(torch.ones(2, 4)).sum().backward()
        optimizer.step()
    print({key: settings[key] for key in ("lr", "epochs", "width")}, len(settings))


main()
