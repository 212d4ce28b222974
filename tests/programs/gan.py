"""Two models of one class against each other, each with its optimizer."""

import itertools

import torch
import truth
from torch import nn


class Stack(nn.Module):
    def __init__(self, *widths: int) -> None:
        super().__init__()
        pairs = itertools.pairwise(widths)
        self.main = nn.Sequential(*[nn.Sequential(nn.Linear(a, b), nn.Tanh()) for a, b in pairs])

    def forward(self, x):
        return self.main(x)


def main() -> None:
    torch.manual_seed(4)
    netG, netD = Stack(3, 16, 2), Stack(2, 16, 1)  # noqa: N806
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3)  # noqa: N806
    optimizerG = torch.optim.RMSprop(netG.parameters(), lr=1e-3)  # noqa: N806
    named = {
        word: {f"{word}.{name}": p for name, p in net.named_parameters()}
        for word, net in (("netG", netG), ("netD", netD))
    }
    for _ in range(20):
        real, made = torch.randn(32, 2) + 2, netG(torch.randn(32, 3))
        netD.zero_grad()
        first = (1 - netD(real)).square().mean()
        first.backward()
        second = netD(made.detach()).square().mean()
        second.backward()
        truth.step((first.item() + second.item()) / 2, named["netD"])
        optimizerD.step()
        netG.zero_grad()
        loss = (1 - netD(made)).square().mean()
        loss.backward()
        truth.step(loss, named["netG"])
        optimizerG.step()
    truth.end(netG, netD)


main()
