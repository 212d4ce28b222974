"""Sick runs that somebody who did not know the rules wrote, in kind: the doctor of that day called
most of them healthy. What hides them is a loss that falls, or that they fall ill late."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, sgd, train

R = Register([])


@R.sick("loss in odd units: times 1e-12", "vanishing_gradient")
def odd_units(seed: int) -> None:
    net = nets.mlp(3)
    train(net, data.digits(), sgd(net, 0.1), 60, loss=lambda a, y: 1e-12 * F.cross_entropy(a, y))


@R.sick("relu 9, N(0, 1), Adam, regression: falls from 1e16", "exploding_gradient")
def falls_from_high(seed: int) -> None:
    net = nets.mlp(9, 96, sizes=(8, 1), init=nets.normal(1.0))
    train(net, data.function(), adam(net), 150, loss=F.mse_loss)


@R.sick("recurrent relu, gain 2 over 60 steps, RMSprop", "exploding_gradient")
def grows_through_time(seed: int) -> None:
    net = nets.Recurrent(nn.RNN, 1, 32, 1, nonlinearity="relu")
    for name, weight in net.rnn.named_parameters():
        if name.startswith("weight_hh"):
            nn.init.orthogonal_(weight, gain=2.0)
    x = torch.rand(512, 60, 1)
    optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3)
    train(net, data.batches(x, x.sum(1), 32), optimizer, 150, loss=F.mse_loss)


@R.sick("cnn that dies in its first steps, off a mean to learn", "dead_relu", "exploding_gradient")
def dies_at_once(seed: int) -> None:
    net = nn.Sequential(nets.cnn(3, 8, norm=False, init=nets.he), nn.ReLU(), nn.Linear(10, 1))
    x, y = data.all_digits()
    draw = data.batches(x.view(-1, 1, 8, 8), y[:, None].float() + 8, 32)
    train(net, draw, sgd(net, 0.3), 100, loss=F.mse_loss)


@R.sick("LSTM on letters, lr 1 raised to 300 at step 250", "exploding_gradient")
def raised(seed: int) -> None:
    net = nets.Recurrent(nn.LSTM, 8, 32, 10)
    optimizer = sgd(net, 1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: 300.0 if step > 250 else 1.0
    )
    train(net, data.rows(64), optimizer, 340, schedule=schedule)


@R.sick("bfloat16 weights, SGD 1e-3: updates are rounded away", "plateau")
def rounded(seed: int) -> None:
    net = nets.mlp(3).to(torch.bfloat16)
    train(net, data.digits(), sgd(net, 1e-3), 250, cast=torch.bfloat16)


@R.sick("a trained net turned bfloat16, AdamW 2e-5: updates are rounded away", "plateau")
def rounded_later(seed: int) -> None:
    net = nets.mlp(3)
    train(net, data.digits(), adam(net), 150)
    x, y = data.all_digits()
    net.to(torch.bfloat16)
    another = data.batches(x, (y * 3 + 1) % 10, 64)
    train(net, another, adamw(net, 2e-5), 400, cast=torch.bfloat16)


@R.sick(
    "Transformer thrown away by Adam, lr 1", "exploding_gradient", "oscillating_loss", "plateau"
)
def thrown_away(seed: int) -> None:
    net = nets.Attention(pre=False)
    train(net, data.rows(), adam(net, 1.0), 260)


@R.sick("clipped to nothing: max_norm 1e-4", "clipping_dominates")
def clipped_to_nothing(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    train(net, data.digits(), sgd(net, 0.05), 150, clip=1e-4)


@R.sick("a schedule stepped by batch: lr x 0.8 each", "plateau")
def schedule_ends(seed: int) -> None:
    net = nets.mlp(4)
    optimizer = sgd(net, 0.01)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
    train(net, data.digits(), optimizer, 300, schedule=schedule)


@R.sick("all weights zero", "dead_relu", "vanishing_gradient", "plateau")
def all_zero(seed: int) -> None:
    net = nets.mlp(4, init=nn.init.zeros_)
    train(net, data.digits(), sgd(net, 0.1), 60)


@R.sick("zero_grad between backward and step", "output_cannot_change")
def zeroed_too_late(seed: int) -> None:
    net, draw = nets.mlp(4), data.digits()
    optimizer = sgd(net, 0.1)
    for _ in range(60):
        x, y = draw()
        F.cross_entropy(net(x), y).backward()
        optimizer.zero_grad(set_to_none=False)
        optimizer.step()


@R.sick("GAN, minimax loss, a judge three times as quick", "vanishing_gradient", layers=("maker",))
def judge_wins(seed: int) -> None:
    maker = nn.Sequential(nn.Linear(8, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))
    judge = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    made = torch.optim.Adam(maker.parameters(), 1e-4)
    judged = torch.optim.SGD(judge.parameters(), 0.2, momentum=0.9)
    for _ in range(150):
        for _ in range(3):
            real, fake = data.ring(64) + 6, maker(torch.randn(64, 8)).detach()
            loss = F.softplus(-judge(real)).mean() + F.softplus(judge(fake)).mean()
            judged.zero_grad()
            loss.backward()
            judged.step()
        lost = -F.softplus(judge(maker(torch.randn(64, 8)))).mean()
        made.zero_grad()
        lost.backward()
        made.step()
