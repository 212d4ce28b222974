"""Healthy: the usual nets with the usual optimizers, on tasks that they can do."""

import torch
from torch import nn

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, letters_loss, sgd, train

R = Register([])


@R.healthy("mlp 4, He, SGD")
def mlp4(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    train(net, data.digits(), sgd(net, 0.1), 200)


@R.healthy("mlp 8, He, momentum")
def mlp8(seed: int) -> None:
    net = nets.mlp(8, init=nets.he)
    train(net, data.digits(), sgd(net, 0.02, momentum=0.9), 200)


@R.healthy("mlp 3, default weights, Nesterov")
def nesterov(seed: int) -> None:
    net = nets.mlp(3)
    train(net, data.digits(), sgd(net, 0.05, momentum=0.9, nesterov=True), 150)


@R.healthy("mlp 4, Adam, until solved")
def adam4(seed: int) -> None:
    net = nets.mlp(4)
    train(net, data.digits(), adam(net), 300)


@R.healthy("tanh 20, Glorot")
def tanh20(seed: int) -> None:
    net = nets.mlp(20, act=nn.Tanh, init=nets.glorot)
    train(net, data.digits(), sgd(net, 0.1), 150)


@R.healthy("sigmoid 3, Glorot, Adam")
def sigmoid3(seed: int) -> None:
    net = nets.mlp(3, act=nn.Sigmoid, init=nets.glorot)
    train(net, data.digits(), adam(net), 250)


@R.healthy("sigmoid 8, BatchNorm")
def sigmoid_norm(seed: int) -> None:
    net = nets.mlp(8, act=nn.Sigmoid, norm=nn.BatchNorm1d)
    train(net, data.digits(), sgd(net, 0.1), 150)


@R.healthy("GELU 6, AdamW, dropout, label smoothing")
def gelu(seed: int) -> None:
    net = nets.mlp(6, act=nn.GELU, dropout=0.2)
    smooth = nn.CrossEntropyLoss(label_smoothing=0.1)
    train(net, data.digits(), adamw(net, 2e-3), 200, loss=smooth)


@R.healthy("residual 50, LayerNorm")
def residual50(seed: int) -> None:
    net = nets.Residual(50)
    train(net, data.digits(), adamw(net), 100)


@R.healthy("residual 60, no norm, branches scaled down")
def residual60(seed: int) -> None:
    net = nets.Residual(60, norm=False, scale=0.05)
    train(net, data.digits(), sgd(net, 0.02), 80)


@R.healthy("cnn, BatchNorm, momentum")
def cnn(seed: int) -> None:
    net = nets.cnn()
    train(net, data.images(), sgd(net, 0.05, momentum=0.9), 80)


@R.healthy("cnn, Adam")
def cnn_adam(seed: int) -> None:
    net = nets.cnn(3, norm=False, init=nets.he)
    train(net, data.images(), adam(net, 2e-3), 100)


@R.healthy("LSTM, rows of digits, Adam")
def lstm(seed: int) -> None:
    net = nets.Recurrent(nn.LSTM, 8, 32, 10)
    train(net, data.rows(), adam(net, 5e-3), 120, clip=1.0)


@R.healthy("GRU, memory of 10 steps")
def gru(seed: int) -> None:
    net = nets.Recurrent(nn.GRU, 8, 32, 8)
    train(net, data.memory(length=10), adam(net, 1e-2), 100)


@R.healthy("RNN, rows of digits, RMSprop")
def rnn(seed: int) -> None:
    net = nets.Recurrent(nn.RNN, 8, 32, 10)
    train(net, data.rows(), torch.optim.RMSprop(net.parameters(), 1e-3), 120)


@R.healthy("Transformer, pre-norm, AdamW")
def attention(seed: int) -> None:
    net = nets.Attention()
    train(net, data.rows(), adamw(net), 80)


@R.healthy("letters: Transformer, AdamW, clipped, warm-up and cosine")
def letters(seed: int) -> None:
    net = nets.Attention(letters=12)
    optimizer = adamw(net, 3e-3)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.01, 1.0, 20)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 60)
    both = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [20])
    train(net, data.text(), optimizer, 80, loss=letters_loss, clip=1.0, schedule=both)


@R.healthy("autoencoder, Adam")
def autoencoder(seed: int) -> None:
    net = nets.mlp(4, 32, sizes=(64, 64))
    draw = data.digits()

    def both() -> tuple[torch.Tensor, torch.Tensor]:
        x, _ = draw()
        return x, x

    train(net, both, adam(net), 200, loss=nn.functional.mse_loss)


@R.healthy("regression, Adam")
def regression(seed: int) -> None:
    net = nets.mlp(3, sizes=(8, 1))
    train(net, data.function(), adam(net, 3e-3), 250, loss=nn.functional.mse_loss)


@R.healthy("Adagrad")
def adagrad(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    train(net, data.digits(), torch.optim.Adagrad(net.parameters(), 0.01), 150)


@R.healthy("LBFGS, whole data")
def lbfgs(seed: int) -> None:
    net = nets.mlp(2, 16, act=nn.Tanh)
    x, y = data.all_digits()
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=5, line_search_fn="strong_wolfe")

    def evaluate() -> torch.Tensor:
        optimizer.zero_grad()
        value = nn.functional.cross_entropy(net(x[:400]), y[:400])
        value.backward()
        return value

    for _ in range(25):
        optimizer.step(evaluate)
