"""Sick: NaN and infinity."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import Loss, adam, sgd, train

R = Register([])
BROKEN, GROWS = "nonfinite", "exploding_gradient"


@R.sick("float16, lr 3", BROKEN, layers=("forward",))
def half3(seed: int) -> None:
    net = nets.mlp(8, init=nets.he).to(torch.float16)
    train(net, data.digits(), sgd(net, 3.0), 40, cast=torch.float16)


@R.sick("float16, lr 1", BROKEN)
def half1(seed: int) -> None:
    net = nets.mlp(8, init=nets.he).to(torch.float16)
    train(net, data.digits(), sgd(net, 1.5), 80, cast=torch.float16)


@R.sick("float16, Adam with an epsilon that rounds to zero", BROKEN)
def half_adam(seed: int) -> None:
    net = nets.mlp(4).to(torch.float16)
    train(net, data.digits(), adam(net, 1e-3), 40, cast=torch.float16)


def broken(how: Loss, steps: int = 60) -> None:
    net = nets.mlp(3, sizes=(8, 1))
    count = 0

    def loss(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        usual = F.mse_loss(a, b)
        return usual if count < 30 else usual + how(a, b)

    train(net, data.function(), adam(net), steps, loss=loss)


@R.sick("the log of a negative number", BROKEN, layers=("forward",))
def logarithm(seed: int) -> None:
    broken(lambda a, b: torch.log(a - a.max() - 1).mean())


@R.sick("the slope of a square root at zero", BROKEN, layers=("backward",))
def root(seed: int) -> None:
    broken(lambda a, b: torch.sqrt((a - a.detach()) * 0).sum())


@R.sick("a NaN in the data", BROKEN, layers=("forward",))
def data_nan(seed: int) -> None:
    net, draw, count = nets.mlp(4, init=nets.he), data.digits(), 0

    def odd() -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal count
        count += 1
        x, y = draw()
        if count == 50:
            x[3, 5] = float("nan")
        return x, y

    train(net, odd, sgd(net, 0.05), 70)


@R.sick("division by a spread of zero", BROKEN)
def spread(seed: int) -> None:
    net, draw, count = nets.cnn(3, norm=False, init=nets.he), data.images(), 0

    def scaled() -> tuple[torch.Tensor, torch.Tensor]:
        nonlocal count
        count += 1
        x, y = draw()
        if count == 25:
            x[0] = 1.0
        flat = x.flatten(1)
        return x / flat.std(1).view(-1, 1, 1, 1) - x.mean() / flat.std(1).view(-1, 1, 1, 1), y

    train(net, scaled, adam(net), 50)


@R.sick("attention in which everything is masked", BROKEN)
def masked(seed: int) -> None:
    attention = nn.MultiheadAttention(16, 2, batch_first=True)
    head = nn.Linear(16, 10)
    net = nets.chain([attention, head])
    optimizer, inputs = adam(net), nn.Linear(8, 16)
    draw = data.rows(16)
    for step in range(50):
        x, y = draw()
        x = inputs(x).detach()
        mask = torch.zeros(16, 8, dtype=torch.bool)
        mask[0] = step == 30
        out, _ = attention(x, x, x, key_padding_mask=mask, need_weights=True)
        optimizer.zero_grad()
        F.cross_entropy(head(out.mean(1)), y).backward()
        optimizer.step()


@R.sick("missing targets, left out behind the squared error", BROKEN, layers=("backward",))
def missing(seed: int) -> None:
    def known(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        b = torch.where(b > 1.0, torch.nan, b)
        return ((a - b) ** 2)[~b.isnan()].mean()

    net = nets.mlp(3, sizes=(8, 1))
    train(net, data.function(), adam(net), 40, loss=known)


@R.sick("a batch of which every label is ignored", BROKEN, layers=("forward",))
def ignored(seed: int) -> None:
    count = 0

    def labelled(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        return F.cross_entropy(a, torch.full_like(b, -100) if count == 35 else b)

    net = nets.mlp(3, init=nets.he)
    train(net, data.digits(), adam(net), 60, loss=labelled)


@R.sick("a scaler that never finds its scale", BROKEN)
def stuck(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    optimizer, draw = sgd(net, 0.05), data.digits()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
    for _ in range(80):
        x, y = draw()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(net(x) * 3e5, y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()


@R.sick("half-precision autocast without a scaler, lr 3", BROKEN)
def autocast(seed: int) -> None:
    net = nets.mlp(8, init=nets.he)
    optimizer, draw = sgd(net, 3.0), data.digits()
    for _ in range(60):
        x, y = draw()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()


@R.sick("a game in which one side divides by zero", BROKEN)
def game(seed: int) -> None:
    maker = nets.mlp(3, 32, sizes=(4, 2))
    judge = nets.mlp(3, 32, sizes=(2, 1))
    first, second = adam(judge), adam(maker)
    for step in range(60):
        fake = maker(torch.randn(64, 4))
        first.zero_grad()
        (F.softplus(-judge(data.ring(64))) + F.softplus(judge(fake.detach()))).mean().backward()
        first.step()
        second.zero_grad()
        away = fake.norm(dim=1).mean() if step < 40 else (fake * 0).norm(dim=1).mean()
        (F.softplus(-judge(fake)).mean() + 0.01 * away / (step != 45)).backward()
        second.step()


@R.sick("GAN in float32, lr 10", GROWS, BROKEN)
def wild_game(seed: int) -> None:
    maker = nets.mlp(3, 32, sizes=(4, 2))
    critic = nets.mlp(3, 32, sizes=(2, 1))
    first, second = sgd(critic, 10.0), sgd(maker, 10.0)
    for _ in range(80):
        first.zero_grad()
        fake = maker(torch.randn(64, 4))
        (critic(fake.detach()).mean() - critic(data.ring(64)).mean()).backward()
        first.step()
        second.zero_grad()
        (-critic(fake).mean()).backward()
        second.step()
