"""Sick: answers far worse than guessing, whatever the loss falls from."""

import torch
from torch import nn

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import sgd, train

R = Register([])


@R.sick("LSTM, lr 300: bounded, and wrong", "exploding_gradient", "oscillating_loss")
def lstm_lost(seed: int) -> None:
    net = nets.Recurrent(nn.LSTM, 8, 32, 10)
    train(net, data.rows(64), sgd(net, 300.0), 220)


@R.sick("tanh 8, N(0, 5)", "saturated", "exploding_gradient")
def tanh_huge(seed: int) -> None:
    net = nets.mlp(8, act=nn.Tanh, init=nets.normal(5.0))
    train(net, data.digits(), sgd(net, 0.1), 220)


@R.sick("sigmoid 3, N(0, 20)", "saturated")
def sigmoid_huge(seed: int) -> None:
    net = nets.mlp(3, act=nn.Sigmoid, init=nets.normal(20.0))
    train(net, data.digits(), sgd(net, 0.1), 220)


@R.sick("the schedule puts an end to learning", "plateau")
def schedule(seed: int) -> None:
    net = nets.mlp(3)
    optimizer = sgd(net, 0.01)
    ending = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    train(net, data.digits(), optimizer, 260, schedule=ending)
