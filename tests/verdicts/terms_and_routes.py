"""Terms of a loss that train nothing or something else, and ways that no gradient goes back: each beside a
program that does nearly the same and is right."""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, train

R = Register([])


def field(width: int = 24) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
    )


def equation(*, graph: bool) -> None:
    """u' = cos(x) with u(0) = 0."""
    net = field()
    optimizer = adam(net, 3e-3)
    for _ in range(260):
        x = (torch.rand(64, 1) * 4).requires_grad_()
        u = net(x)
        (slope,) = torch.autograd.grad(
            u, x, torch.ones_like(u), create_graph=graph, retain_graph=True
        )
        loss = (slope - x.cos()).pow(2).mean() + 10 * net(torch.zeros(1, 1)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("a derivative without create_graph", "miswired", cause=("create_graph",))
def without_graph(seed: int) -> None:
    equation(graph=False)


@R.healthy("a derivative with create_graph", seeds=1)
def with_graph(seed: int) -> None:
    equation(graph=True)


def forces() -> None:
    """Energies of points in a bowl, and forces as their slopes."""
    net = nn.Sequential(nn.Linear(3, 48), nn.SiLU(), nn.Linear(48, 1))
    optimizer = adam(net, 3e-3)
    for _ in range(300):
        x = torch.randn(64, 3).requires_grad_()
        energy = net(x)
        (slope,) = torch.autograd.grad(energy.sum(), x, create_graph=True)
        wanted = x.detach().square().sum(1, keepdim=True) / 2
        loss = 0.05 * F.mse_loss(energy, wanted) + F.mse_loss(-slope, -x.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("forces with a graph", seeds=1)
def forces_kept(seed: int) -> None:
    forces()


@R.healthy("a loss of one less a share, and a look at what matters", seeds=1)
def saliency(seed: int) -> None:
    net, draw = nets.mlp(2, 48), data.digits()
    optimizer = adam(net, 2e-3)
    for _ in range(200):
        x, y = draw()
        x = x.clone().requires_grad_()
        shares = net(x).softmax(1)
        torch.autograd.grad(shares.sum(0)[0], x, retain_graph=True)
        optimizer.zero_grad()
        (1 - shares.gather(1, y[:, None]).mean()).backward()
        optimizer.step()


@R.healthy("adversarial examples", seeds=1)
def adversarial(seed: int) -> None:
    net, draw = nets.mlp(2, 48), data.digits()
    optimizer = adam(net, 2e-3)
    for _ in range(200):
        x, y = draw()
        x = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(net(x), y), x)
        loss = F.cross_entropy(net((x + 0.1 * slope.sign()).detach()), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def several_tasks(*, held: bool, by: Callable[[Tensor], Tensor] = torch.sum) -> None:
    trunk, heads = (
        nn.Sequential(nn.Linear(12, 48), nn.ReLU()),
        nn.ModuleList(nn.Linear(48, 1) for _ in range(3)),
    )
    s, goal = nn.Parameter(torch.zeros(3)), torch.randn(12, 3) / 4
    weights = [*trunk.parameters(), *heads.parameters()]
    optimizer = torch.optim.Adam([{"params": weights}, {"params": [s], "lr": 0.02}], lr=3e-3)
    for _ in range(400):
        x = torch.randn(64, 12)
        wanted = torch.sin(3 * (x @ goal))
        h = trunk(x)
        losses = [F.mse_loss(head(h).squeeze(1), wanted[:, at]) for at, head in enumerate(heads)]
        loss = torch.stack([torch.exp(-s[at]) * one for at, one in enumerate(losses)]).sum()
        loss = loss + by(s) if held else loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("weights of tasks that nothing holds", "miswired", cause=("holds",))
def unheld(seed: int) -> None:
    several_tasks(held=False)


@R.healthy("weights of tasks that their own squares hold", seeds=1)
def held_by_squares(seed: int) -> None:
    several_tasks(held=True, by=lambda s: F.mse_loss(s, torch.zeros(3)))


@R.healthy("weights of tasks by their uncertainty", seeds=1)
def held(seed: int) -> None:
    several_tasks(held=True)


def bandit(*, column: bool = False, bonus: float = 0.01, steps: int = 400) -> None:
    policy = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 6))
    critic = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 1))
    optimizer, arms = adam(nn.ModuleList([policy, critic]), 3e-3), torch.randn(8, 6)
    for _ in range(steps):
        x = torch.randn(96, 8)
        chosen = Categorical(logits=policy(x))
        action = chosen.sample()
        reward = torch.sigmoid(x @ arms).gather(1, action[:, None])
        reward = reward if column else reward.squeeze(1)
        gain = reward - critic(x).squeeze(1)
        loss = -(chosen.log_prob(action) * gain.detach()).mean() + 0.5 * gain.pow(2).mean()
        loss = loss - bonus * chosen.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("advantages of all for each action", "miswired", cause=("shapes",))
def paired_advantages(seed: int) -> None:
    bandit(column=True)


@R.sick("an entropy that outweighs all rewards", "not_learning", cause=("entropy",))
def even_policy(seed: int) -> None:
    bandit(bonus=5.0, steps=620)


@R.healthy("a policy with a critic and a bonus", seeds=1)
def bandit_policy(seed: int) -> None:
    bandit(steps=620)


class Experts(nn.Module):
    def __init__(self, way: str, width: int = 8, count: int = 4) -> None:
        super().__init__()
        self.way = way
        self.router = nn.Linear(width, count)
        self.experts = nn.ModuleList(nn.Linear(width, width) for _ in range(count))

    def forward(self, x: Tensor) -> Tensor:
        given = torch.stack([expert(x) for expert in self.experts], 1)
        with torch.set_grad_enabled(self.way != "no_grad"):
            shares = self.router(x).softmax(-1)
        if self.way == "argmax":
            shares = F.one_hot(shares.argmax(-1), len(self.experts)).float()
        return (shares[..., None] * given).sum(1)


def experts(way: str, *, frozen: bool = False, moved: bool = False) -> None:
    maps, regions = torch.randn(4, 8, 8), torch.randn(8, 4)
    net = Experts(way)
    net.router.requires_grad_(not frozen)
    optimizer = adam(net, 5e-3)
    for _ in range(300):
        x = torch.randn(128, 8)
        wanted = torch.einsum("nd,nde->ne", x, maps[(x @ regions).argmax(1)])
        optimizer.zero_grad()
        F.mse_loss(net(x), wanted).backward()
        optimizer.step()
        if moved:
            with torch.no_grad():
                chosen = net.router(x).argmax(1)
                for at in range(4):
                    if (chosen == at).any():
                        net.router.weight[at].lerp_(x[chosen == at].mean(0), 0.05)


@R.sick("a router that chooses by argmax alone", "miswired", layers=("router",), cause=("router",))
def argmax_router(seed: int) -> None:
    experts("argmax")


@R.sick("a router under no_grad", "miswired", layers=("router",), cause=("router",))
def router_without(seed: int) -> None:
    experts("no_grad")


@R.healthy("a router that weighs its experts", seeds=1)
def weighing_router(seed: int) -> None:
    experts("weighed")


@R.healthy("a router that is moved by averages of its inputs", seeds=1)
def averaged_router(seed: int) -> None:
    experts("argmax", moved=True)


@R.healthy("a head of two classes beside two layers, not yet used", seeds=1)
def unused_head(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(64, 2)
            self.blocks = nn.ModuleList(nn.Linear(64, 64) for _ in range(2))
            self.out = nn.Linear(64, 10)

        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks:
                x = torch.relu(block(x))
            return torch.as_tensor(self.out(x))

    net = Net()
    train(net, data.digits(), adam(net, 1e-3), 120)


@R.healthy("a router that is frozen at random", seeds=1)
def frozen_router(seed: int) -> None:
    experts("argmax", frozen=True)


class Rounded(nn.Linear):
    """Weights of four bits."""

    straight = False

    def forward(self, x: Tensor) -> Tensor:
        size = self.weight.detach().abs().max() / 7 + 1e-9
        q = torch.round(self.weight / size) * size
        weight = self.weight + (q - self.weight).detach() if self.straight else q
        return F.linear(x, weight, self.bias)


def quantised(*, straight: bool) -> None:
    kind = type("Layer", (Rounded,), {"straight": straight})
    net = nn.Sequential(
        kind(64, 48),
        nn.BatchNorm1d(48),
        nn.ReLU(),
        kind(48, 48),
        nn.BatchNorm1d(48),
        nn.ReLU(),
        kind(48, 10),
    )
    train(net, data.digits(), adam(net, 3e-3), 240)


@R.sick("weights that are rounded without a way back", "miswired", cause=("round",))
def rounded(seed: int) -> None:
    quantised(straight=False)


@R.healthy("weights that are rounded, with a straight way back", seeds=1)
def straight_through(seed: int) -> None:
    quantised(straight=True)


def pairs(scale: Callable[[Tensor], Tensor]) -> None:
    one, other = torch.randn(12, 48), torch.randn(12, 32)
    left = nn.Sequential(nn.Linear(48, 64), nn.GELU(), nn.Linear(64, 24))
    right = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 24))
    optimizer = adam(nn.ModuleList([left, right]), 2e-3)
    for _ in range(300):
        z = torch.randn(48, 12)
        a = F.normalize(left(torch.tanh(z @ one / 3)), dim=-1)
        b = F.normalize(right(torch.tanh(z @ other / 3)), dim=-1)
        scores, wanted = scale(a @ b.t()), torch.arange(48)
        loss = (F.cross_entropy(scores, wanted) + F.cross_entropy(scores.t(), wanted)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("similarities times the temperature", "not_learning", "plateau", cause=("temperature",))
def times_temperature(seed: int) -> None:
    pairs(lambda scores: scores * 0.07)


@R.healthy("similarities over the temperature", seeds=1)
def over_temperature(seed: int) -> None:
    pairs(lambda scores: scores / 0.07)


def denoise(*, fresh: bool, written_out: bool = False) -> None:
    net = nn.Sequential(nn.Linear(3, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 2))
    optimizer = adam(net, 2e-3)
    for _ in range(1000):
        angle, t = torch.rand(96) * math.tau, torch.rand(96, 1)
        x, noise = torch.stack([angle.cos(), angle.sin()], 1), torch.randn(96, 2)
        told = net(torch.cat([(1 - t).sqrt() * x + t.sqrt() * noise, t], 1))
        target = torch.randn(96, 2) if fresh else noise
        loss = ((told - target) ** 2).mean() if written_out else F.mse_loss(told, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("noise that is drawn anew for the target", "not_learning", "plateau", cause=("drawn",))
def fresh_noise(seed: int) -> None:
    denoise(fresh=True)


@R.sick(
    "the same, and squares that are written out",
    "not_learning",
    "plateau",
    cause=("drawn",),
    seeds=1,
)
def fresh_noise_written_out(seed: int) -> None:
    denoise(fresh=True, written_out=True)


@R.healthy("noise that is to be told", seeds=1)
def told_noise(seed: int) -> None:
    denoise(fresh=False)


@R.healthy("a tenth of the targets that can be foretold", "undecided", seeds=2)
def faint_signal(seed: int) -> None:
    net, slope = (
        nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1)),
        torch.randn(12, 1) / 12**0.5,
    )
    optimizer = adam(net, 1e-3, weight_decay=1e-3)
    for _ in range(1200):
        x = torch.randn(128, 12)
        optimizer.zero_grad()
        F.mse_loss(net(x), x @ slope + 3 * torch.randn(128, 1)).backward()
        optimizer.step()


def values(stepped: str) -> None:
    """Q-learning on made-up transitions; the net of the targets is a copy now and then."""
    online = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 3))
    target = copy.deepcopy(online)
    optimizer = adam({"online": online, "target": target}[stepped], 2e-3)
    reward = torch.randn(6, 3)
    for step in range(400):
        x, action = torch.randn(64, 6), torch.randint(0, 3, (64, 1))
        with torch.no_grad():
            wanted = (x @ reward).gather(1, action) + 0.5 * target(x.roll(1, 1)).amax(
                1, keepdim=True
            )
        loss = F.smooth_l1_loss(online(x).gather(1, action), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            target.load_state_dict(online.state_dict())


@R.sick("an optimizer of the net of the targets", "miswired", cause=("another model",))
def wrong_net(seed: int) -> None:
    values("target")


@R.healthy("an optimizer of the net that is trained, and targets that are copied", seeds=1)
def right_net(seed: int) -> None:
    values("online")


# --- Scales of likelihoods, and dimensions of attentions


class Coupling(nn.Module):
    def __init__(self, flip: bool) -> None:
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, 1)[:: -1 if self.flip else 1]
        s, t = self.net(a).chunk(2, 1)
        s = 2 * s.tanh()
        out = [a, b * s.exp() + t]
        return torch.cat(out[:: -1 if self.flip else 1], 1), s.sum(1)


def density(sign: float) -> None:
    """A flow of points on a ring."""
    layers = nn.ModuleList(Coupling(n % 2 == 1) for n in range(4))
    optimizer = adam(layers, 1e-3)
    for _ in range(400):
        angle = torch.rand(128, 1) * math.tau
        z = torch.cat([angle.cos(), angle.sin()], 1) + 0.1 * torch.randn(128, 2)
        log_det = torch.zeros(128)
        for layer in layers:
            z, more = layer(z)
            log_det = log_det + more
        loss = (0.5 * z.square().sum(1) - sign * log_det).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(layers.parameters(), 20.0)
        optimizer.step()


@R.sick("a log-determinant with the wrong sign", "miswired", cause=("log-determinant", "sign"))
def reversed_log_determinant(seed: int) -> None:
    density(-1.0)


@R.healthy("a flow with its log-determinant", seeds=1)
def log_determinant(seed: int) -> None:
    density(1.0)


def spread(sign: float) -> None:
    """A mean and a log-variance for each input."""
    net = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 2))
    optimizer = adam(net, 3e-3)
    for _ in range(400):
        x = torch.rand(128, 1) * 4 - 2
        y = x.sin() + (0.05 + 0.2 * x.abs()) * torch.randn(128, 1)
        mean, log_var = net(x).chunk(2, 1)
        log_var = log_var.clamp(-6, 6)
        loss = 0.5 * ((y - mean).square() * (-log_var).exp() + sign * log_var).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("a log-variance that is taken off", "miswired", cause=("log-variance", "sign"))
def reversed_log_variance(seed: int) -> None:
    spread(-1.0)


@R.healthy("a learned log-variance", seeds=1)
def log_variance(seed: int) -> None:
    spread(1.0)


class Neighbours(nn.Module):
    """Each node takes the values of its neighbours, by a score of both."""

    def __init__(self, dim: int, *, divided: bool = False) -> None:
        super().__init__()
        self.dim, self.divided = dim, divided
        self.q, self.k, self.v = (nn.Linear(3, 24) for _ in range(3))
        self.out = nn.Sequential(nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, x: Tensor, linked: Tensor) -> Tensor:
        scores = self.q(x) @ self.k(x).transpose(1, 2) / 24**0.5
        weights = scores.masked_fill(~linked, -1e9).softmax(self.dim)
        if self.divided:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-6)
        return self.out(weights @ self.v(x)).squeeze(-1)


def graphs(dim: int, *, divided: bool = False) -> None:
    net = Neighbours(dim, divided=divided)
    optimizer = adam(net, 3e-3)
    nodes = 24
    for _ in range(300):
        x = torch.randn(8, nodes, 3)
        linked = torch.rand(8, nodes, nodes) < 0.6 * torch.rand(8, nodes, 1) ** 2
        linked |= torch.eye(nodes, dtype=torch.bool)
        share = linked * (2 * x[:, None, :, 0]).exp()
        wanted = (share * x[:, None, :, 1]).sum(-1) / share.sum(-1)
        loss = F.mse_loss(net(x, linked), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("an attention over the receiving nodes", "miswired", cause=("softmax", "neighbours"))
def over_receivers(seed: int) -> None:
    graphs(-2)


@R.healthy("an attention over neighbours", seeds=1)
def over_neighbours(seed: int) -> None:
    graphs(-1)


@R.healthy("weights of receivers that are divided by their sums (slot attention)", seeds=1)
def divided_by_sums(seed: int) -> None:
    graphs(-2, divided=True)
