"""Healthy: games, rewards, and losses that say little about how good the net is."""

import torch
from torch import nn
from torch.distributions import Categorical
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, sgd, train

R = Register([])


@R.healthy("GAN on a ring, Adam twice", seeds=3)
def gan(seed: int) -> None:
    maker = nets.mlp(3, 32, sizes=(4, 2), act=lambda: nn.LeakyReLU(0.2))
    judge = nets.mlp(3, 32, sizes=(2, 1), act=lambda: nn.LeakyReLU(0.2))
    first = torch.optim.Adam(judge.parameters(), 1e-3, betas=(0.5, 0.999))
    second = torch.optim.Adam(maker.parameters(), 1e-3, betas=(0.5, 0.999))
    yes, no = torch.ones(64, 1), torch.zeros(64, 1)
    bce = F.binary_cross_entropy_with_logits
    for _ in range(120):
        fake = maker(torch.randn(64, 4))
        first.zero_grad()
        (bce(judge(data.ring(64)), yes) + bce(judge(fake.detach()), no)).backward()
        first.step()
        second.zero_grad()
        bce(judge(fake), yes).backward()
        second.step()


@R.healthy("Wasserstein GAN, five critic steps to one")
def wasserstein(seed: int) -> None:
    maker = nets.mlp(3, 32, sizes=(4, 2))
    critic = nets.mlp(3, 32, sizes=(2, 1))
    first = torch.optim.RMSprop(critic.parameters(), 5e-4)
    second = torch.optim.RMSprop(maker.parameters(), 5e-4)
    for _ in range(40):
        for _ in range(5):
            first.zero_grad()
            (
                critic(maker(torch.randn(64, 4)).detach()).mean() - critic(data.ring(64)).mean()
            ).backward()
            first.step()
            with torch.no_grad():
                for p in critic.parameters():
                    p.clamp_(-0.1, 0.1)
        second.zero_grad()
        (-critic(maker(torch.randn(64, 4))).mean()).backward()
        second.step()


@R.healthy("policy gradient, rewards with noise", seeds=3)
def policy(seed: int) -> None:
    net = nets.mlp(2, 32, sizes=(4, 3), act=nn.Tanh)
    optimizer = adam(net, 5e-3)
    goal = torch.randn(4, 3)
    for _ in range(200):
        state = torch.randn(16, 4)
        chosen = Categorical(logits=net(state))
        action = chosen.sample()
        reward = (state @ goal).gather(1, action[:, None])[:, 0] + 2 * torch.randn(16)
        loss = -(chosen.log_prob(action) * reward).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("Q-learning, values that grow", seeds=3)
def values(seed: int) -> None:
    net = nets.mlp(3, 32, sizes=(4, 2))
    optimizer = adam(net, 1e-3)
    target = 0.0
    for step in range(250):
        state = torch.randn(32, 4)
        target = 0.02 * step  # returns grow as the policy improves
        wanted = target * (1 + 0.3 * state[:, :2]) + 0.5 * torch.randn(32, 2)
        loss = F.smooth_l1_loss(net(state), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("actor and critic, one loss each")
def actor_critic(seed: int) -> None:
    actor = nets.mlp(2, 32, sizes=(4, 3), act=nn.Tanh)
    critic = nets.mlp(2, 32, sizes=(4, 1), act=nn.Tanh)
    first, second = adam(actor, 3e-3), adam(critic, 3e-3)
    goal = torch.randn(4, 3)
    for _ in range(120):
        state = torch.randn(32, 4)
        chosen = Categorical(logits=actor(state))
        action = chosen.sample()
        reward = (state @ goal).gather(1, action[:, None]) + 0.5 * torch.randn(32, 1)
        value = critic(state)
        second.zero_grad()
        F.mse_loss(value, reward).backward()
        second.step()
        first.zero_grad()
        gain = (reward - value.detach())[:, 0]
        (-(chosen.log_prob(action) * gain).mean() - 0.01 * chosen.entropy().mean()).backward()
        first.step()


@R.healthy("density of a normal variable: the loss goes below zero")
def density(seed: int) -> None:
    net = nets.mlp(3, 32, sizes=(2, 2), act=nn.Tanh)
    optimizer = adam(net, 3e-3)
    for _ in range(250):
        x = torch.randn(64, 2)
        y = torch.sin(x[:, 0]) + 0.05 * torch.randn(64)
        mean, log = net(x).unbind(1)
        loss = (log + 0.5 * ((y - mean) / log.exp()).square()).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()


@R.healthy("variational autoencoder, summed loss")
def vae(seed: int) -> None:
    encoder, decoder = nets.mlp(2, 32, sizes=(64, 8)), nets.mlp(2, 32, sizes=(4, 64))
    both = nets.chain([encoder, decoder])
    optimizer, draw = adam(both, 1e-3), data.digits()
    for _ in range(150):
        x, _ = draw()
        mean, log = encoder(x).chunk(2, 1)
        z = mean + torch.randn_like(mean) * (0.5 * log).exp()
        prior = -0.5 * (1 + log - mean.square() - log.exp()).sum(1)
        loss = ((decoder(z) - x).square().sum(1) + prior).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("noise for targets, nothing to learn", "undecided")
def noise(seed: int) -> None:
    net = nets.mlp(2, 50, sizes=(10, 1))
    draw = data.batches(torch.randn(512, 10), torch.randn(512, 1), 64)
    train(net, draw, adam(net), 300, loss=F.mse_loss, clip=1.0)


@R.healthy("contrast between two views")
def contrast(seed: int) -> None:
    net = nets.mlp(3, 64, sizes=(64, 16))
    optimizer, draw = adam(net), data.digits(32)
    for _ in range(120):
        x, _ = draw()
        one, two = (F.normalize(net(x + 0.3 * torch.randn_like(x)), dim=1) for _ in range(2))
        loss = F.cross_entropy(one @ two.t() / 0.2, torch.arange(32))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("a plateau in the middle: two bits whose product counts", seeds=3)
def parity(seed: int) -> None:
    x = torch.randn(1024, 6)
    y = ((x[:, 0] * x[:, 1]) > 0).long()
    net = nets.mlp(3, 32, sizes=(6, 2), act=nn.Tanh)
    train(net, data.batches(x, y, 64), adam(net, 5e-3), 250)


@R.healthy("hinge loss that reaches zero")
def hinge(seed: int) -> None:
    x, y = data.all_digits()
    mine = y < 2
    net = nets.mlp(3, 32, sizes=(64, 2))
    train(net, data.batches(x[mine], y[mine], 64), sgd(net, 0.1), 250, loss=nn.MultiMarginLoss())


@R.healthy("a deep linear net that begins at zero in its last layer")
def zero_last(seed: int) -> None:
    net = nets.mlp(5, init=nets.he)
    nn.init.zeros_(net[-1].weight)
    train(net, data.digits(), adam(net), 120)


@R.healthy("at its optimum from the first step")
def at_its_optimum(seed: int) -> None:
    x = torch.randn(400, 12)
    y = x @ torch.randn(12, 3) + 0.5
    net = nn.Linear(12, 3)
    with torch.no_grad():
        known = torch.linalg.lstsq(torch.cat([x, torch.ones(400, 1)], 1), y).solution
        net.weight.copy_(known[:12].T)
        net.bias.copy_(known[12])
    train(net, data.batches(x, y, 32), sgd(net, 0.01), 200, loss=F.mse_loss)


@R.healthy("three tasks in turn: the loss jumps at each change")
def curriculum(seed: int) -> None:
    net = nets.mlp(4, init=nets.he)
    optimizer = sgd(net, 0.1)
    x, y = data.all_digits()
    for turn in range(3):
        train(net, data.batches(x, (y + 3 * turn) % 10, 64), optimizer, 150)
