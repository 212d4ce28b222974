"""Sick: steps of the wrong length."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, letters_loss, sgd, train

R = Register([])
CLIPPED, SWINGS, STANDS = "clipping_dominates", "oscillating_loss", "plateau"


@R.sick("relu 8, momentum, lr 0.3, clipped at 1", CLIPPED)
def clipped(seed: int) -> None:
    net = nets.mlp(8, init=nets.he)
    train(net, data.digits(), sgd(net, 0.3, momentum=0.9), 150, clip=1.0)


@R.sick("cnn, SGD, clipped at a hundredth", CLIPPED)
def clipped_cnn(seed: int) -> None:
    net = nets.cnn(4)
    train(net, data.images(), sgd(net, 5.0), 80, clip=0.01)


@R.sick("LSTM, lr 20, clipped at a tenth", CLIPPED)
def clipped_lstm(seed: int) -> None:
    net = nets.Recurrent(nn.LSTM, 8, 32, 10)
    train(net, data.rows(), sgd(net, 20.0), 100, clip=0.05)


@R.sick("lr 1e-7", STANDS)
def crawls(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    train(net, data.digits(), sgd(net, 1e-7), 80)


@R.sick("Adam, lr 1e-9", STANDS)
def crawls_adam(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    train(net, data.digits(), adam(net, 1e-9), 80)


@R.sick("Transformer, AdamW, lr 1e-9", STANDS)
def crawls_attention(seed: int) -> None:
    net = nets.Attention(letters=12)
    train(net, data.text(), adamw(net, 1e-9, weight_decay=0.0), 60, loss=letters_loss)


@R.sick("regression, lr 1e-8", STANDS)
def crawls_regression(seed: int) -> None:
    net = nets.mlp(3, sizes=(8, 1), init=nets.he)
    train(net, data.function(), sgd(net, 1e-8), 80, loss=F.mse_loss)


@R.sick("labels that have nothing to do with the inputs", "not_learning", STANDS)
def random_labels(seed: int) -> None:
    net = nets.mlp(3)
    draw = data.digits()

    def unrelated() -> tuple[torch.Tensor, torch.Tensor]:
        x, _ = draw()
        return x, torch.randint(0, 10, (len(x),))

    train(net, unrelated, adam(net, 1e-4), 280)


@R.sick("Adam, lr 1", SWINGS, "exploding_gradient")
def swings(seed: int) -> None:
    net = nets.mlp(3, act=nn.LeakyReLU, init=nets.he)
    train(net, data.digits(), adam(net, 1.0), 200)


@R.sick("RMSprop, lr 0.5", SWINGS, "exploding_gradient")
def swings_rms(seed: int) -> None:
    net = nets.mlp(3, act=nn.LeakyReLU, init=nets.he)
    train(net, data.digits(), torch.optim.RMSprop(net.parameters(), 0.5), 200)


@R.sick("Adam, targets in the 100,000s", "badly_scaled")
def unscaled(seed: int) -> None:
    net = nets.mlp(4, sizes=(8, 1), init=nets.he)
    train(net, data.function(scale=1e5), adam(net), 150, loss=F.mse_loss)


@R.sick("Adam, prices in dollars", "badly_scaled")
def prices(seed: int) -> None:
    net = nets.mlp(3, sizes=(8, 1))
    draw = data.function(scale=8e4, shift=3e5)
    train(net, draw, adam(net), 150, loss=F.mse_loss)


@R.sick("Adam, three targets in the millions, clipped", "badly_scaled", CLIPPED)
def millions(seed: int) -> None:
    net = nets.mlp(3, sizes=(8, 3))
    x = torch.randn(512, 8)
    draw = data.batches(x, 1e6 * torch.sin(x[:, :3]) + 5e6, 64)
    train(net, draw, adam(net), 150, loss=F.mse_loss, clip=1e5)
