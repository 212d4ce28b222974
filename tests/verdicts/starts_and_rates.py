"""What a training starts with and what its rates are told of: faults of the eighth round of strangers, each
beside a program that does nearly the same and is right."""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, sgd, train

R = Register([])


class Factors(nn.Module):
    """Ratings of users for items: a product of two tables, and two biases."""

    def __init__(self, users: float, items: float, dims: int = 6) -> None:
        super().__init__()
        self.user, self.item = nn.Embedding(60, dims), nn.Embedding(50, dims)
        self.user_bias, self.item_bias = nn.Embedding(60, 1), nn.Embedding(50, 1)
        for table, size in ((self.user, users), (self.item, items)):
            nn.init.normal_(table.weight, std=size) if size else nn.init.zeros_(table.weight)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, at: Tensor) -> Tensor:
        u, i = at[:, 0], at[:, 1]
        product = (self.user(u) * self.item(i)).sum(1)
        return torch.as_tensor(product + self.user_bias(u)[:, 0] + self.item_bias(i)[:, 0])


def ratings(size: int = 128) -> data.Draw:
    at = torch.stack([torch.randint(0, 60, (4000,)), torch.randint(0, 50, (4000,))], 1)
    user, item = torch.randn(60, 4), torch.randn(50, 4)
    return data.batches(at, 0.7 * (user[at[:, 0]] * item[at[:, 1]]).sum(1), size)


def rated(users: float, items: float, lr: float = 2e-2, decay: float = 0.0) -> None:
    net = Factors(users, items)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr, weight_decay=decay)
    train(net, ratings(), optimizer, 500, loss=F.mse_loss)


@R.sick("two tables of zeros that are multiplied", "vanishing_gradient", "plateau", cause=("zero",))
def zeros_twice(seed: int) -> None:
    rated(0.0, 0.0)


@R.healthy("a table of zeros beside one of random numbers", seeds=1)
def zeros_once(seed: int) -> None:
    rated(0.0, 0.3)


@R.sick("embeddings that weight decay has taken away", "plateau", cause=("decay",))
def decayed(seed: int) -> None:
    rated(0.3, 0.3, lr=1e-2, decay=0.5)


@R.healthy("embeddings under a little weight decay", seeds=1)
def hardly_decayed(seed: int) -> None:
    rated(0.3, 0.3, decay=1e-5)


class Adapter(nn.Module):
    """A frozen layer, and two factors that are added to it."""

    def __init__(self, inputs: int, outputs: int, first: float) -> None:
        super().__init__()
        self.base = nn.Linear(inputs, outputs).requires_grad_(False)
        self.A = nn.Parameter(first * torch.randn(8, inputs))
        self.B = nn.Parameter(torch.zeros(outputs, 8))

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.base(x) + x @ self.A.T @ self.B.T)


def adapted(first: float) -> None:
    net = nn.Sequential(Adapter(64, 32, first), nn.ReLU(), Adapter(32, 10, first))
    mine = [p for p in net.parameters() if p.requires_grad]
    train(net, data.digits(), torch.optim.Adam(mine, lr=5e-3), 300)


@R.sick("an adapter both of whose factors begin at zero", "vanishing_gradient", cause=("zero",))
def both_at_zero(seed: int) -> None:
    adapted(0.0)


@R.healthy("an adapter one of whose factors begins at zero", seeds=1)
def one_at_zero(seed: int) -> None:
    adapted(0.1)


def halved(scale: float) -> None:
    """Dark images through a copy in half precision, whose gradients go to weights in float32."""
    net = nn.Sequential(
        nn.Linear(128, 48), nn.Tanh(), nn.Linear(48, 6), nn.Linear(6, 48), nn.Tanh()
    )
    net.append(nn.Linear(48, 128))
    with torch.no_grad():
        for parameter in net[-1].parameters():
            parameter.mul_(0.05)
    half = copy.deepcopy(net).half()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-15)
    pairs = list(zip(net.parameters(), half.parameters(), strict=True))
    mix = torch.randn(6, 128)
    for _ in range(350):
        with torch.no_grad():
            for mine, its in pairs:
                its.copy_(mine)
        x = 0.001 * torch.tanh(torch.randn(96, 6) @ mix)
        loss = (half(x.half()).float() - x).square().mean()
        half.zero_grad()
        (scale * loss).backward()
        for mine, its in pairs:
            mine.grad = its.grad.float() / scale if its.grad is not None else None
        optimizer.step()


@R.sick("a copy in half precision whose gradients end there", "fp16_underflow", seeds=1)
def lost_on_the_way(seed: int) -> None:
    halved(1.0)


@R.healthy("a copy in half precision whose loss is scaled", seeds=1)
def scaled_on_the_way(seed: int) -> None:
    halved(2.0**14)


class Segments(nn.Module):
    """Classes of the halves of digits; the head is made once, or in each pass."""

    def __init__(self, *, once: bool) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
        self.head: nn.Linear | None = nn.Linear(32, 10) if once else None

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor((self.head or nn.Linear(32, 10))(self.trunk(x)))


def segmented(*, once: bool) -> None:
    net = Segments(once=once)
    train(net, data.digits(), adam(net), 300)


@R.sick("a head that is made in each forward pass", "miswired", cause=("anew",))
def made_in_forward(seed: int) -> None:
    segmented(once=False)


@R.healthy("a head that is made once", seeds=1)
def made_once(seed: int) -> None:
    segmented(once=True)


def behind_relu(shift: float) -> None:
    x = torch.randn(2000, 6)
    y = (x @ torch.randn(6) / 2.4).exp()
    y = (y - shift * y.mean()) / y.std()
    net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1), nn.ReLU(), nn.Flatten(0))
    train(net, data.batches(x, y, 64), adam(net, 3e-3), 400, loss=F.mse_loss)


@R.sick(
    "a last ReLU above targets half of which are below zero",
    "not_learning",
    "dead_relu",
    cause=("last activation",),
)
def out_of_reach(seed: int) -> None:
    behind_relu(1.0)


@R.healthy("a last ReLU above targets that are sizes", seeds=1)
def within_reach(seed: int) -> None:
    behind_relu(0.0)


def second_part(*, early: bool) -> None:
    """Other classes with a new head, on features that stay."""
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    train(net, data.digits(), adam(net), 100)
    net[0].requires_grad_(False)
    optimizer = adam(net[2])
    net[2] = nn.Linear(64, 10)
    if not early:
        optimizer = adam(net[2])
    train(net, data.digits(), optimizer, 300)


@R.sick("a head made anew after its optimizer, features frozen", "miswired", cause=("optimizer",))
def head_after_optimizer(seed: int) -> None:
    second_part(early=True)


@R.healthy("an optimizer for a head that was made anew", seeds=1)
def optimizer_after_head(seed: int) -> None:
    second_part(early=False)


def warmed_up(length: int, lr: float) -> None:
    net = Factors(0.3, 0.3)
    optimizer = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / length))
    draw = ratings()
    for _ in range(24):
        train(net, draw, optimizer, 32, loss=F.mse_loss)
        schedule.step()


@R.sick("a warm-up of 4,000 steps, told of epochs", "plateau", "not_learning", cause=("epoch",))
def epochs_for_steps(seed: int) -> None:
    warmed_up(4000, 1e-2)


@R.healthy("a warm-up of eight epochs, told of epochs", seeds=1)
def epochs_for_epochs(seed: int) -> None:
    warmed_up(8, 2e-2)


def dropping(p: float) -> None:
    net = nn.Sequential(
        nn.Dropout(p),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(64, 10),
    )
    train(net, data.digits(), adam(net), 500)


@R.sick("dropout of the share that was to be kept", "not_learning", "plateau", cause=("dropout",))
def dropped_for_kept(seed: int) -> None:
    dropping(0.96)


@R.healthy("dropout of four fifths of the inputs", seeds=1)
def dropped_inputs(seed: int) -> None:
    net = nn.Sequential(nn.Dropout(0.8), *nets.mlp(2, 96))
    train(net, data.digits(), adam(net), 500)


class Listed(nn.Module):
    def __init__(self, depth: int, width: int, kept: type) -> None:
        super().__init__()
        self.blocks: Any = kept([nn.Linear(width, width) for _ in range(depth)])
        self.inp, self.out = nn.Linear(2, width), nn.Linear(width, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.inp(x))
        for block in self.blocks:
            x = 1.2 * torch.tanh(block(x))
        return torch.as_tensor(self.out(x))


def spirals(size: int = 64) -> data.Draw:
    y = torch.randint(0, 2, (2000,))
    far = torch.rand(2000) * 0.9 + 0.1
    turn = far * 9.4 + y * 3.1416
    return data.batches(2 * torch.stack([far * turn.cos(), far * turn.sin()], 1), y, size)


@R.sick("layers in a plain list", "miswired", cause=("plain list",))
def unregistered(seed: int) -> None:
    net = Listed(8, 16, list)
    train(net, spirals(), adam(net, 2e-3), 500)


@R.healthy("layers in a plain list, all handed to the optimizer", seeds=1)
def listed_and_stepped(seed: int) -> None:
    net = Listed(4, 32, list)
    every = [*net.parameters(), *(p for block in net.blocks for p in block.parameters())]
    train(net, spirals(), torch.optim.Adam(every, lr=3e-3), 500)


def taken_up_again(*, anew: bool) -> None:
    """From the best weights so far, after the first epoch."""
    net, draw = nets.mlp(3), data.digits()
    optimizer = adamw(net)
    train(net, draw, optimizer, 25)
    best = {key: value.clone() for key, value in net.state_dict().items()}
    if anew:
        net = nets.mlp(3)
    net.load_state_dict(best)
    train(net, draw, optimizer, 300)


@R.sick("a model made anew for its best weights", "miswired", cause=("made anew",))
def made_anew(seed: int) -> None:
    taken_up_again(anew=True)


@R.healthy("the best weights in the model itself", seeds=1)
def in_itself(seed: int) -> None:
    taken_up_again(anew=False)


@R.healthy("weights that are frozen at the end, while statistics settle", seeds=1)
def settling(seed: int) -> None:
    x, y = data.all_digits()
    net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = adamw(net, 3e-3)
    for step in range(700):
        if step == 400:
            net.requires_grad_(False)
        at = torch.randint(0, len(x), (64,))
        loss = F.cross_entropy(net(x[at]), y[at], label_smoothing=0.1)
        optimizer.zero_grad()
        if loss.requires_grad:
            loss.backward()
        optimizer.step()


def energies(mean: float, spread: float) -> None:
    """Sums over nine atoms."""
    kinds = torch.randint(0, 4, (2000, 9))
    net = nn.Sequential(nn.Embedding(4, 32), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))
    each = torch.tensor([-400.0, -470.0, -430.0, -450.0])
    y = (each[kinds].sum(1) + 437.5 * 9) / 90 * spread + mean
    train(
        net,
        data.batches(kinds, y, 32),
        adam(net),
        600,
        loss=lambda a, b: F.mse_loss(a.sum((1, 2)), b),
    )


@R.sick("energies of which most is the same for all", "badly_scaled", cause=("the same for all",))
def one_offset(seed: int) -> None:
    energies(-40_000.0, 900.0)


@R.healthy("energies less their mean", seeds=1)
def no_offset(seed: int) -> None:
    energies(0.0, 1.0)


@R.healthy("an offset of twenty spreads that is learned", seeds=1)
def learned_offset(seed: int) -> None:
    energies(20.0, 1.0)


def heavy_ball(momentum: float, lr: float) -> None:
    x = torch.randn(2000, 20)
    y = torch.tanh(x @ torch.randn(20, 12) / 4) @ torch.randn(12, 6)
    net = nn.Sequential(
        nn.Linear(20, 64), nn.Softplus(), nn.Linear(64, 64), nn.Softplus(), nn.Linear(64, 6)
    )
    rate = sgd(net, lr, momentum=momentum)
    train(net, data.batches(x, y, 40), rate, 1000, loss=F.mse_loss)


@R.sick(
    "momentum 0.99 at a rate for none",
    "oscillating_loss",
    "exploding_gradient",
    "vanishing_gradient",  # on some processors the units are dead in the end
    cause=("100", "steps"),
)
def far_too_heavy(seed: int) -> None:
    heavy_ball(0.99, 0.07)


@R.healthy("momentum 0.99 at a rate to go with it", seeds=1)
def heavy_and_slow(seed: int) -> None:
    heavy_ball(0.99, 0.001)


@R.healthy("gradients of one length, on purpose")
def normalised(seed: int) -> None:
    net = nets.mlp(3)
    optimizer = sgd(net, 0.6)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 600)
    train(net, data.digits(), optimizer, 600, clip=0.05, schedule=schedule)


def identities(gain: float, clip: float) -> None:
    """Two numbers out of forty are to be added (Le, Jaitly and Hinton, 2015)."""

    class Unrolled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ih, self.hh = nn.Linear(2, 32), nn.Linear(32, 32, bias=False)
            self.out = nn.Linear(32, 1)
            nn.init.eye_(self.hh.weight)
            with torch.no_grad():
                self.hh.weight.mul_(gain)
                self.ih.weight.mul_(0.3)
                self.ih.bias.zero_()

        def forward(self, x: Tensor) -> Tensor:
            state = torch.zeros(len(x), 32)
            for t in range(x.shape[1]):
                state = F.relu(self.ih(x[:, t]) + self.hh(state))
            return torch.as_tensor(self.out(state))

    value, marked = torch.rand(512, 40), torch.zeros(512, 40)
    marked.scatter_(1, torch.randint(0, 20, (512, 1)), 1.0)
    marked.scatter_(1, torch.randint(20, 40, (512, 1)), 1.0)
    sums = (value * marked).sum(1, keepdim=True)
    net = Unrolled()
    draw = data.batches(torch.stack([value, marked], 2), sums, 32)
    train(net, draw, adam(net), 500, loss=F.mse_loss, clip=clip)


@R.sick("a recurrence by hand that multiplies by 1.35", "exploding_gradient", seeds=1)
def multiplies(seed: int) -> None:
    identities(1.35, 0.0)


@R.healthy("a recurrence by hand that keeps the size of signals", seeds=1)
def keeps(seed: int) -> None:
    identities(1.0, 1.0)
