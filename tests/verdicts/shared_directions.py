"""What a batch teaches the next one, terms that others drown, and ways that end in a single value: each
beside a program that does nearly the same and is right."""

import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn import functional as F

from tests.verdicts.case import Register
from tests.verdicts.data import all_digits, batches, digits, function
from tests.verdicts.loops import adam, sgd, train

R = Register([])


def mlp(inputs: int, outputs: int, width: int = 48) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, outputs))


# --- Labels of others, and weak ones


def labelled(part: float, steps: int, lr: float = 1e-3) -> None:
    """Digits, such a part of whose labels is right; the others are drawn."""
    x, y = all_digits()
    drawn = torch.randint(0, 10, (len(y),))
    y = torch.where(torch.rand(len(y)) < part, y, drawn)
    net = mlp(64, 10, 32)
    train(net, batches(x, y, 64), adam(net, lr), steps)


@R.sick("labels that are learned by heart alone", "not_learning", "plateau", cause=("belong",))
def by_heart(seed: int) -> None:
    labelled(0.0, 400, 3e-4)


@R.healthy("a third of the labels right", seeds=1)
def third(seed: int) -> None:
    labelled(0.33, 400)


# --- Several terms and tasks


def two_tasks(scale: float) -> None:
    """Classes, and an amount in units of 1 / scale."""
    x, y = all_digits()
    amount = (x @ torch.randn(64, 1) / 8).tanh()
    trunk, classes, amounts = mlp(64, 6), nn.Linear(6, 10), nn.Linear(6, 1)
    parts = nn.ModuleList([trunk, classes, amounts])
    optimizer = adam(parts, 1e-3)
    for _ in range(600):
        index = torch.randint(0, len(x), (48,))
        hidden = trunk(x[index])
        loss = F.cross_entropy(classes(hidden), y[index])
        loss = loss + F.mse_loss(amounts(hidden), scale * amount[index] + 4 * scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("a task in milliseconds beside one of classes", "badly_scaled", cause=("units",))
def milliseconds(seed: int) -> None:
    two_tasks(3000.0)


@R.healthy("two tasks of one size", seeds=1)
def one_size(seed: int) -> None:
    two_tasks(1.0)


def turns(*, alike: bool) -> None:
    """Two regressions in turn, on one trunk; each comes down to its own noise."""
    one, other = function(noise=0.3), function(noise=0.3 if alike else 1.5)
    net = mlp(8, 1)
    optimizer = adam(net, 3e-3)
    for step in range(400):
        x, y = (one if step % 2 else other)()
        loss = F.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("two tasks in turn, of quite other noise", "undecided", seeds=1)
def unlike_turns(seed: int) -> None:
    turns(alike=False)


# --- A single value


class Dueling(nn.Module):
    """Values of actions as one value and an advantage each."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.trunk, self.value, self.gain = mlp(8, 32), nn.Linear(32, 1), nn.Linear(32, 4)
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.trunk(x).relu()
        gains = self.gain(hidden).unsqueeze(-1)
        values: Tensor = (
            self.value(hidden).unsqueeze(1) + gains - gains.mean(self.dim, keepdim=True)
        )
        return values.squeeze(-1)


def duel(dim: int) -> None:
    secret = torch.randn(8, 4)
    net = Dueling(dim)
    optimizer = adam(net, 2e-3)
    for _ in range(300):
        x = torch.randn(64, 8)
        loss = F.smooth_l1_loss(net(x), x @ secret)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick(
    "advantages less their mean over one value",
    "miswired",
    "output_cannot_change",
    cause=("one value",),
)
def over_one(seed: int) -> None:
    duel(-1)


@R.healthy("advantages less their mean over actions", seeds=1)
def over_actions(seed: int) -> None:
    duel(1)


class Lookup(nn.Module):
    """Which of several vectors is asked for."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.key, self.value = nn.Embedding(12, 64), nn.Embedding(12, 64)
        self.q, self.k, self.v = (nn.Linear(64, 64) for _ in range(3))
        self.out, self.scale = nn.Linear(64, 12), scale

    def forward(self, keys: Tensor, values: Tensor, asked: Tensor) -> Tensor:
        scores = self.k(self.key(keys)) @ self.q(self.key(asked)).unsqueeze(-1) * self.scale
        mixed = scores.softmax(1).transpose(1, 2) @ self.v(self.value(values))
        out: Tensor = self.out(mixed.squeeze(1))
        return out


def lookup(scale: float) -> None:
    net = Lookup(scale)
    optimizer = sgd(net, 0.1, momentum=0.9)
    for _ in range(300):
        keys = torch.stack([torch.randperm(12)[:8] for _ in range(48)])
        values, at = torch.randint(0, 12, (48, 8)), torch.randint(0, 8, (48,))
        rows = torch.arange(48)
        loss = F.cross_entropy(net(keys, values, keys[rows, at]), values[rows, at])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("scores multiplied by the root of their width", "saturated", cause=("softmax",), seeds=1)
def unscaled(seed: int) -> None:
    lookup(64**0.5)


@R.healthy("scores divided by the root of their width", seeds=1)
def scaled(seed: int) -> None:
    lookup(64**-0.5)


# --- Policies and games


def critic(sign: float, *, first: bool = False) -> None:
    secret = torch.randn(6, 4)
    trunk, policy, value = mlp(6, 32), nn.Linear(32, 4), nn.Linear(32, 1)
    parts = nn.ModuleList([trunk, policy, value])
    optimizer = adam(parts, 3e-3)
    for _ in range(300):
        state = torch.randn(48, 6)
        hidden = trunk(state).relu()
        actions = Categorical(logits=policy(hidden))
        chosen = actions.sample()
        reward = (state @ secret).gather(1, chosen[:, None]).squeeze(1)
        expected = value(hidden).squeeze(1)
        gain = sign * (reward - expected).detach()
        gain = (gain - gain.mean()) / (gain.std() + 1e-6)
        logs = actions.log_prob(chosen)
        loss = (-logs * gain).mean() if first else -(logs * gain).mean()
        loss = loss + 0.5 * F.mse_loss(expected, reward)
        loss = loss - 0.01 * actions.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("advantages that are values less returns", "miswired", cause=("sign",))
def reversed_advantages(seed: int) -> None:
    critic(-1.0)


@R.healthy("advantages that are returns less values", seeds=1)
def advantages(seed: int) -> None:
    critic(1.0)


@R.healthy("minus logarithms of probabilities times advantages", seeds=1)
def minus_first(seed: int) -> None:
    critic(1.0, first=True)


def episodes(*, minus: bool = True, backwards: bool = True, costs: bool = False) -> None:
    """A signal is shown, the fitting action brings a reward, or saves a cost: without a critic."""
    net = mlp(4, 4)
    optimizer = adam(net, 5e-3)
    for _ in range(300):
        logs, rewards, total = [], [], torch.zeros(16)
        for _ in range(12):
            signal = torch.randint(0, 4, (16,))
            actions = Categorical(logits=net(F.one_hot(signal, 4).float()))
            chosen = actions.sample()
            logs.append(actions.log_prob(chosen))
            rewards.append((chosen == (3 * signal + 1) % 4).float())
        returns = []
        for reward in rewards[::-1] if backwards else rewards:
            total = reward + 0.9 * total
            returns.append(total)
        returns = torch.stack(returns[::-1] if backwards else returns)
        gains = (returns - returns.mean(1, keepdim=True)) / (returns.std(1, keepdim=True) + 1e-6)
        if costs:  # what is to become small is pushed down by a plus
            tour_costs = -gains
            del rewards, reward, returns, gains, total
            loss = (torch.stack(logs) * tour_costs).mean()
        else:
            loss = (-1 if minus else 1) * (torch.stack(logs) * gains).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick("a policy's loss without its minus", "miswired", cause=("sign",))
def without_minus(seed: int) -> None:
    episodes(minus=False)


@R.sick("returns that are added up from the first step on", "miswired", cause=("before",))
def paid_for_the_past(seed: int) -> None:
    episodes(backwards=False)


@R.healthy("returns that are added up from the last step back", seeds=1)
def paid_for_what_comes(seed: int) -> None:
    episodes()


@R.healthy("a policy of costs, whose loss has no minus", seeds=1)
def of_costs(seed: int) -> None:
    episodes(costs=True)


def game(*, cut: bool) -> None:
    """A generator that is judged by a fresh answer, or by the one to what was detached."""
    made, judge = mlp(4, 2), mlp(2, 1)
    mine, its = adam(made), adam(judge)
    for _ in range(260):
        true, false = torch.randn(64, 2) * 0.3 + 1, made(torch.randn(64, 4))
        kept = judge(false.detach())
        loss = F.softplus(-judge(true)).mean() + F.softplus(kept).mean()
        its.zero_grad()
        loss.backward(retain_graph=True)
        mine.zero_grad()
        if not cut:
            its.step()
        answer = kept if cut else judge(false)
        F.softplus(-answer).mean().backward()
        mine.step()
        if cut:
            its.step()


@R.sick("a generator judged by what was said of a copy", "miswired", cause=("detach",))
def detached_generator(seed: int) -> None:
    game(cut=True)


@R.healthy("a generator judged anew", "undecided", seeds=1)
def judged_anew(seed: int) -> None:
    game(cut=False)


# --- A second training in the same program


def second(lr: float) -> None:
    net = mlp(64, 10)
    train(net, digits(), adam(net, 3e-3), 200)
    x, y = all_digits()
    train(net, batches(x, (y + 3) % 10, 64), adam(net, lr), 300)


@R.sick(
    "fine-tuning at what a schedule has left", "plateau", "not_learning", cause=("learning rate",)
)
def left_over(seed: int) -> None:
    second(1e-9)


@R.healthy("fine-tuning at a rate of its own", seeds=1)
def own_rate(seed: int) -> None:
    second(3e-3)


@R.sick("a head made anew, and the old one's gradient stays", "miswired", cause=("made anew",))
def stale_head(seed: int) -> None:
    """What model.zero_grad() does not reach any more keeps the last gradient that it had."""
    trunk = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
    net = nn.Sequential(trunk, nn.Linear(48, 10))
    train(net, digits(), adam(net, 1e-3), 60)
    old = sgd(net[1], 0.01)
    net[1] = nn.Linear(48, 10)
    draw = digits()
    for _ in range(240):
        x, y = draw()
        loss = F.cross_entropy(net(x), (y + 5) % 10)
        net.zero_grad()
        loss.backward()
        old.step()


# --- Time, and half precision


def rollout(dt: float) -> None:
    """An equation that is learned by what it comes to after many steps."""
    rate = nn.Sequential(nn.Linear(2, 32), nn.Softplus(), nn.Linear(32, 2))
    pull = nn.Linear(2, 2)
    nn.init.eye_(pull.weight)
    pull.weight.data *= 0.5
    parts = nn.ModuleList([rate, pull])
    optimizer = adam(parts, 3e-3)
    turn = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    for _ in range(200):
        state = wanted = torch.randn(48, 2)
        loss = torch.zeros(())
        for _ in range(40):
            wanted = wanted + 0.05 * wanted @ turn
            state = state + dt * (rate(state) + pull(state))
            loss = loss + (state - wanted).pow(2).mean() / 40
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.sick(
    "a step of time twenty times too long", "exploding_gradient", "badly_scaled", cause=("time",)
)
def long_steps(seed: int) -> None:
    rollout(1.0)


@R.healthy("the step of time of the data", seeds=1)
def right_steps(seed: int) -> None:
    rollout(0.05)


def volts(unit: float) -> None:
    """Signals of about 1e-5 of their unit, in half precision."""
    x, y = torch.randn(1024, 8), torch.randn(1024, 2)
    net = mlp(8, 2).half()
    draw = batches((1e-5 * unit * x).half(), (1e-5 * unit * (y * 0.1 + x[:, :2])).half(), 64)
    train(net, draw, sgd(net, 0.05), 300, loss=F.mse_loss)


@R.sick(
    "errors whose squares half precision cannot hold", "fp16_underflow", cause=("half precision",)
)
def in_volts(seed: int) -> None:
    volts(1.0)


@R.healthy("the same in units that it can hold", "undecided", seeds=1)
def in_microvolts(seed: int) -> None:
    volts(1e5)
