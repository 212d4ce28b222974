"""Healthy: training in half precision, whole or in part."""

import torch
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adamw, sgd, train

R = Register([])


@R.healthy("bfloat16 weights")
def bfloat16(seed: int) -> None:
    net = nets.mlp(4, init=nets.he).to(torch.bfloat16)
    train(net, data.digits(), sgd(net, 0.05), 150, cast=torch.bfloat16)


@R.healthy("bfloat16 weights, AdamW 1e-3")
def bfloat16_adam(seed: int) -> None:
    net = nets.mlp(4).to(torch.bfloat16)
    train(net, data.digits(), adamw(net), 150, cast=torch.bfloat16)


@R.healthy("a trained net turned bfloat16 and on to another task, AdamW 1e-3")
def bfloat16_later(seed: int) -> None:
    net = nets.mlp(3)
    train(net, data.digits(), adamw(net), 150)
    x, y = data.all_digits()
    net.to(torch.bfloat16)
    another = data.batches(x, (y * 3 + 1) % 10, 64)
    train(net, another, adamw(net), 200, cast=torch.bfloat16)


@R.healthy("bfloat16 autocast")
def autocast(seed: int) -> None:
    net = nets.mlp(5, init=nets.he)
    optimizer, draw = adamw(net), data.digits()
    for _ in range(150):
        x, y = draw()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()


@R.healthy("float16 autocast, scaler from 2^24")
def scaled(seed: int) -> None:
    net = nets.mlp(6, init=nets.he)
    optimizer, draw = sgd(net, 0.05), data.digits()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**24)
    for _ in range(120):
        x, y = draw()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()


@R.healthy("float16 weights, small steps")
def float16(seed: int) -> None:
    net = nets.mlp(4, init=nets.he).to(torch.float16)
    train(net, data.digits(), sgd(net, 0.05), 120, cast=torch.float16)
