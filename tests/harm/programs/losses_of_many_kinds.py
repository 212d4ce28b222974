# Losses whose graphs are looked at: what is kept for backward is packed and counted, and freed in time.
import gc

import torch
from torch import nn
from training import report, small_batch, small_net

counts = {"packed": 0, "unpacked": 0}


def pack(value):
    counts["packed"] += 1
    return value


def unpack(value):
    counts["unpacked"] += 1
    return value


def policy(net, x, y):
    chosen = torch.distributions.Categorical(logits=net(x))
    action = chosen.sample()
    gains = torch.randn(len(x))
    return -(chosen.log_prob(action) * gains).mean() - 0.01 * chosen.entropy().mean()


def weighed(net, x, y):
    one, other = nn.functional.cross_entropy(net(x), y), net(x).square().mean()
    return torch.exp(-scale[0]) * one + torch.exp(-scale[1]) * other


def written_out(net, x, y):
    return ((net(x) - nn.functional.one_hot(y, net(x).shape[1])) ** 2).mean()


def derivative(net, x, y):
    x = x.clone().requires_grad_()
    output = net(x)
    (slope,) = torch.autograd.grad(output.sum(), x, retain_graph=True)
    return nn.functional.cross_entropy(output, y) + slope.pow(2).mean()


def rounded(net, x, y):
    return nn.functional.cross_entropy(net(x) * scale.round().sum() + net(x), y)


def attention(net, x, y):
    scores = net(x).unsqueeze(0)
    mixed = (30 * scores @ scores.transpose(1, 2)).softmax(-1) @ scores
    alone = (scores - scores.unsqueeze(-1).mean(-1)).sum()
    return nn.functional.cross_entropy(mixed.squeeze(0), y) + alone


def critic(net, x, y):
    output = net(x)
    chosen = torch.distributions.Categorical(logits=output)
    returns, values = torch.randn(len(x)), output.mean(1)
    gains = (returns - values).detach()
    errors = nn.functional.mse_loss(values, returns)
    return -(chosen.log_prob(chosen.sample()) * gains).mean() + errors


def in_metres(net, x, y):
    output = net(x)
    far = nn.functional.mse_loss(output.mean(1), 1e4 * torch.ones(len(x)))
    return nn.functional.cross_entropy(output, y) + far


scale = nn.Parameter(torch.ones(2))
for loss in (policy, weighed, written_out, derivative, rounded, attention, critic, in_metres):
    for packed in (False, True):
        torch.manual_seed(1)
        net = small_net()
        optimizer = torch.optim.Adam([*net.parameters(), scale], lr=0.01)
        x, y = small_batch()
        kept = net.state_dict()
        for step in range(12):
            optimizer.zero_grad()
            if packed:
                with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
                    value = loss(net, x, y)
            else:
                value = loss(net, x, y)
            value.backward()
            optimizer.step()
            if step % 5 == 4:
                net.load_state_dict(kept)
        del value
        gc.collect()
        print(loss.__name__, packed, counts)
        report(net)
