"""What a net is fed with, what its optimizer holds, and what is lowered: faults that gradients look sound
with, each beside a program that does nearly the same and is right."""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import adam, adamw, sgd, train

R = Register([])


class Adapted(nn.Module):
    """A frozen layer with a product of two thin matrices beside it (Hu et al., 2021)."""

    def __init__(self, base: nn.Linear, rank: int = 4) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.base(x) + x @ self.down.t() @ self.up.t())


def adapted(net: nn.Sequential) -> None:
    for at in (0, 2):
        layer = net[at]
        assert isinstance(layer, nn.Linear)
        net[at] = Adapted(layer)


def angles(n: int = 4096) -> data.Draw:
    """Directions in a plane of 24 dimensions, in six sectors."""
    x = torch.randn(n, 24)
    z = x @ (torch.randn(24, 2) / 24**0.5)
    return data.batches(x, ((torch.atan2(z[:, 0], z[:, 1]) / math.tau + 0.5) * 6).long() % 6, 64)


def frozen_net() -> nn.Sequential:
    net = nets.mlp(3, 48, sizes=(24, 6))
    net.requires_grad_(False)
    net[-1].requires_grad_(True)
    return net


def trainable(net: nn.Module) -> list[nn.Parameter]:
    return [one for one in net.parameters() if one.requires_grad]


@R.sick("adapters that come after the optimizer", "miswired", cause=("in no optimizer",))
def adapters_after(seed: int) -> None:
    net = frozen_net()
    optimizer = torch.optim.AdamW(trainable(net), lr=3e-3)
    adapted(net)
    train(net, angles(), optimizer, 220)


@R.healthy("adapters that come before the optimizer", seeds=1)
def adapters_before(seed: int) -> None:
    net = frozen_net()
    adapted(net)
    train(net, angles(), torch.optim.AdamW(trainable(net), lr=3e-3), 220)


@R.healthy("a head alone in the optimizer, and what lies before it not frozen", seeds=1)
def head_alone(seed: int) -> None:
    net = nets.mlp(3, 64)
    net.register_parameter("place", nn.Parameter(torch.zeros(64), requires_grad=False))
    train(net, data.digits(), torch.optim.Adam(net[-1].parameters(), lr=3e-3), 220)


def second_task(head: str) -> None:
    """`head`: when the new one is made, "before" or "after" its optimizer."""
    net = nets.mlp(2, 48)
    train(net, data.digits(), adam(net, 2e-3), 60)
    x, y = data.all_digits()
    draw = data.batches(x, y * 2, 64)
    optimizer = adam(net, 5e-5)
    net[-1] = nn.Linear(net[-1].weight.shape[1], 20)
    if head == "before":
        optimizer = torch.optim.Adam(
            [{"params": net[:-1].parameters(), "lr": 5e-5}, {"params": net[-1].parameters()}],
            lr=3e-3,
        )
    train(net, draw, optimizer, 260)


@R.sick("a head made anew after its optimizer", "miswired", cause=("in no module any more",))
def head_after(seed: int) -> None:
    second_task("after")


@R.healthy("a head made anew before its optimizer", seeds=1)
def head_before(seed: int) -> None:
    second_task("before")


@R.healthy("a copy is trained, and its teacher is not frozen", seeds=1)
def unfrozen_teacher(seed: int) -> None:
    teacher = nets.mlp(2, 48)
    train(teacher, data.digits(), adam(teacher, 3e-3), 120)
    net = copy.deepcopy(teacher)
    temperature = nn.Parameter(torch.tensor(2.0))
    optimizer = torch.optim.Adam([*net.parameters(), temperature], lr=1e-3)

    def loss(answers: Tensor, wanted: Tensor) -> Tensor:
        return F.cross_entropy(answers, wanted) + 0.1 * (answers - teacher_says[0]).square().mean()

    draw, teacher_says = data.digits(), [torch.zeros(())]
    for _ in range(200):
        x, y = draw()
        teacher_says[0] = teacher(x)
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()


PAD, WORDS = 0, 16


class Tagger(nn.Module):
    def __init__(self, words: int = WORDS) -> None:
        super().__init__()
        self.words, self.near = nn.Embedding(words, 24), nn.Conv1d(24, 32, 3, padding=1)
        self.out = nn.Linear(32, words)

    def forward(self, x: Tensor) -> Tensor:
        seen = torch.tanh(self.near(self.words(x).transpose(1, 2)))
        return torch.as_tensor(self.out(seen.transpose(1, 2)))


def padded(length: int, longest: int, **left_out: int) -> None:
    """Words of a cipher, `length` of a row of `longest`."""
    code = torch.cat([torch.zeros(1, dtype=torch.long), 1 + torch.randperm(WORDS - 1)])
    net = Tagger()
    optimizer = sgd(net, 0.3)

    def draw() -> tuple[Tensor, Tensor]:
        x = torch.randint(1, WORDS, (16, longest))
        x[:, length:] = PAD
        return x, code[x]

    train(
        net,
        draw,
        optimizer,
        260,
        loss=lambda a, y: F.cross_entropy(a.flatten(0, 1), y.flatten(), **left_out),
    )


@R.sick("padding in the mean: 97 %", "miswired", cause=("padding",), seeds=1)
def mostly_padding(seed: int) -> None:
    padded(4, 140)


@R.healthy("padding left out of the mean", seeds=1)
def padding_left_out(seed: int) -> None:
    padded(4, 140, ignore_index=PAD)


@R.healthy("padding in the mean: 60 %, learned all the same", seeds=1)
def some_padding(seed: int) -> None:
    padded(12, 30)


class Decoder(nn.Module):
    """Says the running sum of what it is given, from the last token that was said."""

    def __init__(self, words: int = 6, width: int = 32) -> None:
        super().__init__()
        self.given, self.said = nn.Embedding(words, width), nn.Embedding(words + 1, width)
        self.cell = nn.GRU(2 * width, width, batch_first=True)
        self.out = nn.Sequential(nn.Linear(3 * width, 48), nn.ReLU(), nn.Linear(48, words))

    def forward(self, x: Tensor, said: Tensor) -> Tensor:
        seen = torch.cat([self.given(x), self.said(said)], -1)
        return torch.as_tensor(self.out(torch.cat([self.cell(seen)[0], seen], -1)))


def decode(shift: int) -> None:
    net = Decoder()
    optimizer = adam(net, 3e-3)
    for _ in range(220):
        x = torch.randint(0, 6, (64, 8))
        y = x.cumsum(1) % 6
        said = torch.cat([torch.full_like(y[:, :1], 6), y], 1)
        said = said[:, :-1] if shift else said[:, 1:]
        optimizer.zero_grad()
        F.cross_entropy(net(x, said).flatten(0, 1), y.flatten()).backward()
        optimizer.step()


@R.sick("a decoder that is given what it is to say", "miswired", cause=("stands in the input",))
def unshifted(seed: int) -> None:
    decode(0)


@R.healthy("a decoder that is given what was said before", seeds=1)
def shifted(seed: int) -> None:
    decode(1)


@R.healthy("sequences through a narrow place and back", seeds=1)
def token_autoencoder(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.cell = nn.Embedding(4, 16), nn.GRU(16, 48, batch_first=True)
            self.back = nn.Linear(48, 3 * 4)

        def forward(self, x: Tensor) -> Tensor:
            return torch.as_tensor(self.back(self.cell(self.words(x))[1][0])).view(-1, 3, 4)

    net = Net()
    optimizer = adam(net, 3e-3)
    for _ in range(300):
        x = torch.randint(0, 4, (64, 3))
        optimizer.zero_grad()
        F.cross_entropy(net(x).flatten(0, 1), x.flatten()).backward()
        optimizer.step()


@R.healthy("symbols sent through noise, and read again", seeds=1)
def noisy_channel(seed: int) -> None:
    sent, read = nn.Embedding(8, 4), nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 8))
    optimizer = torch.optim.Adam([*sent.parameters(), *read.parameters()], lr=5e-3)
    for _ in range(260):
        x = torch.randint(0, 8, (32, 6))
        wave = F.normalize(sent(x), dim=-1) + 0.35 * torch.randn(32, 6, 4)
        optimizer.zero_grad()
        F.cross_entropy(read(wave).flatten(0, 1), x.flatten()).backward()
        optimizer.step()


def adversaries(real: Callable[[int], Tensor], steps: int = 160) -> None:
    """A generator that ends in a tanh, and its judge."""
    maker = nn.Sequential(nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 8), nn.Tanh())
    judge = nn.Sequential(nn.Linear(8, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    make = torch.optim.Adam(maker.parameters(), lr=1e-3, betas=(0.5, 0.999))
    tell = torch.optim.Adam(judge.parameters(), lr=1e-3, betas=(0.5, 0.999))
    yes, no = torch.ones(64, 1), torch.zeros(64, 1)
    told = F.binary_cross_entropy_with_logits
    for _ in range(steps):
        made = maker(torch.randn(64, 4))
        tell.zero_grad()
        (told(judge(real(64)), yes) + told(judge(made.detach()), no)).backward()
        tell.step()
        make.zero_grad()
        told(judge(made), yes).backward()
        make.step()


MIX = torch.linspace(0, 5, 24).view(3, 8).sin()


@R.sick("real data far outside a generator's tanh", "not_learning", "saturated", seeds=1)
def out_of_range(seed: int) -> None:
    adversaries(lambda n: 60 + 40 * torch.tanh(torch.randn(n, 3) @ MIX))


@R.healthy("real data within a generator's tanh", seeds=1)
def in_range(seed: int) -> None:
    adversaries(lambda n: 0.8 * torch.tanh(torch.randn(n, 3) @ MIX))


@R.healthy("real data of deviation 1 beside a generator's tanh", seeds=1)
def standard_data(seed: int) -> None:
    adversaries(lambda n: torch.randn(n, 3) @ MIX / 1.2)


def flow(cut: bool) -> None:
    """Affine couplings (Dinh, Sohl-Dickstein and Bengio, 2017) of two dimensions."""
    parts = nn.ModuleList(
        nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 2)) for _ in range(4)
    )
    optimizer = adam(parts, 3e-3)
    for _ in range(220):
        a = torch.randn(128)
        x = torch.stack([a, 0.3 * torch.randn(128) + 0.7 * a**2 - 0.7], 1)
        volume = torch.zeros(128)
        for part in parts:
            still, moved = x.chunk(2, 1)
            scale, shift = part(still).chunk(2, 1)
            scale = torch.tanh(scale)
            x = torch.cat([moved * scale.exp() + shift, still], 1)
            volume = volume + (scale.detach() if cut else scale).sum(1)
        optimizer.zero_grad()
        (0.5 * x.pow(2).sum(1) + math.log(math.tau) - volume).mean().backward()
        optimizer.step()


@R.sick("a flow whose volume is cut off", "not_learning", cause=("cut off",))
def volume_cut(seed: int) -> None:
    flow(cut=True)


@R.healthy("a flow", seeds=1)
def whole_flow(seed: int) -> None:
    flow(cut=False)


def joints(momentum: float, lr: float, steps: int = 400) -> None:
    net = nets.mlp(2, 48, act=nn.Tanh, sizes=(4, 8))
    optimizer = sgd(net, lr, momentum=momentum)

    def draw() -> tuple[Tensor, Tensor]:
        turned = 2 * torch.rand(64, 4) - 1
        along = turned.cumsum(1)
        return turned, torch.cat([along.cos().cumsum(1) - torch.arange(1, 5) * 0.8, along.sin()], 1)

    train(net, draw, optimizer, steps, loss=F.mse_loss)


@R.sick("momentum 0.999, over 400 steps", "oscillating_loss", "exploding_gradient")
def remembers_all(seed: int) -> None:
    joints(0.999, 0.1)


@R.healthy("momentum 0.9, over 400 steps", seeds=1)
def forgets(seed: int) -> None:
    joints(0.9, 0.3)


@R.healthy("momentum 0.995, at a rate to go with it", seeds=1)
def slow_and_steady(seed: int) -> None:
    joints(0.995, 0.0005, 500)


def halves(kind: torch.dtype, lr: float) -> None:
    """Weights of size 1 that are scaled in the net (Karras et al., 2018)."""

    class Scaled(nn.Module):
        def __init__(self, into: int, out: int) -> None:
            super().__init__()
            self.weight, self.bias = (
                nn.Parameter(torch.randn(out, into)),
                nn.Parameter(torch.zeros(out)),
            )

        def forward(self, x: Tensor) -> Tensor:
            return F.linear(x, self.weight * (2 / self.weight.shape[1]) ** 0.5, self.bias)

    net = nn.Sequential(Scaled(64, 96), nn.GELU(), Scaled(96, 96), nn.GELU(), Scaled(96, 10)).to(
        kind
    )
    train(
        net,
        data.digits(),
        sgd(net, lr),
        300,
        cast=kind,
        loss=lambda a, y: F.cross_entropy(a.float(), y),
    )


@R.sick("bfloat16 weights that lose half of each step", "plateau", cause=("half precision",))
def half_lost(seed: int) -> None:
    halves(torch.bfloat16, 0.02)


@R.healthy("the same in float32", seeds=1)
def none_lost(seed: int) -> None:
    halves(torch.float32, 0.02)


def pictures(scale: float) -> None:
    """Eight-bit pictures, clamped to 1 behind a division."""
    x, y = data.all_digits()
    x = ((x - x.min()) / (x.max() - x.min()) * 200 + 40).view(-1, 1, 8, 8)
    net = nn.Sequential(
        nn.Conv2d(1, 12, 3),
        nn.ReLU(),
        nn.Conv2d(12, 16, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(256, 10),
    )
    train(net, data.batches((x / scale).clamp(0, 1), y, 32), adam(net, 2e-3), 160)


@R.sick("pictures clamped before they are divided", "plateau", cause=("same answer",))
def all_white(seed: int) -> None:
    pictures(1.0)


@R.healthy("pictures divided before they are clamped", seeds=1)
def gray(seed: int) -> None:
    pictures(255.0)


def two_tasks(watts: float, clip: float) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
            self.load, self.fault = nn.Linear(48, 1), nn.Linear(48, 4)

    net, along, kind = Net(), torch.randn(16), torch.randn(16, 4)
    optimizer = sgd(net, 0.02, momentum=0.9)
    for _ in range(260):
        x = torch.randn(64, 16)
        load = watts * (7 + torch.tanh(x @ along / 4)) if watts > 1 else torch.tanh(x @ along / 4)
        optimizer.zero_grad()
        seen = net.trunk(x)
        loss = F.mse_loss(net.load(seen)[:, 0], load)
        (loss + F.cross_entropy(net.fault(seen), (x @ kind).argmax(1))).backward()
        nn.utils.clip_grad_norm_(net.parameters(), clip)
        optimizer.step()


@R.sick("a task in watts beside one of classes, clipped", "badly_scaled", "clipping_dominates")
def in_watts(seed: int) -> None:
    two_tasks(400.0, 0.5)


@R.healthy("a task of size 1 beside one of classes, clipped", seeds=1)
def of_size_one(seed: int) -> None:
    two_tasks(1.0, 5.0)


def soft_actor(best: Callable[[Tensor], Tensor]) -> None:
    """A policy drawn by mean and deviation, its mean held small (as SAC's authors' first code has it)."""
    policy, value = nets.mlp(2, 32, sizes=(3, 4)), nets.mlp(2, 48, sizes=(5, 1))
    act, judge = adam(policy, 2e-3), adam(value, 3e-3)
    for _ in range(260):
        state = torch.randn(64, 3)
        mean, wide = policy(state).chunk(2, 1)
        deviation = wide.clamp(-5, 1).exp()
        raw = mean + deviation * torch.randn_like(mean)
        action = torch.tanh(raw)
        reward = -(action.detach() - best(state)).square().sum(1, keepdim=True)
        judge.zero_grad()
        F.mse_loss(value(torch.cat([state, action.detach()], 1)), reward).backward()
        judge.step()
        likelihood = torch.distributions.Normal(mean, deviation).log_prob(raw).sum(1)
        likelihood = likelihood - (1 - action.pow(2) + 1e-6).log().sum(1)
        act.zero_grad()
        gain = value(torch.cat([state, action], 1))[:, 0]
        (0.02 * likelihood - gain + 1e-3 * mean.pow(2).sum(1)).mean().backward()
        act.step()


@R.healthy("a soft actor whose best action is the same everywhere", seeds=1)
def same_action(seed: int) -> None:
    soft_actor(lambda state: torch.full((len(state), 2), 0.3))


@R.healthy("a soft actor whose best action hangs on the state", seeds=1)
def other_actions(seed: int) -> None:
    soft_actor(lambda state: torch.tanh(state[:, :2]))


@R.healthy("a policy whose best action is the same everywhere, by a reward that is known", seeds=1)
def known_reward(seed: int) -> None:
    policy = nets.mlp(2, 32, sizes=(3, 4))
    optimizer = adam(policy, 3e-3)
    for _ in range(300):
        mean, wide = policy(torch.randn(64, 3)).chunk(2, 1)
        deviation = wide.clamp(-5, 1).exp()
        raw = mean + deviation * torch.randn_like(mean)
        gain = -(torch.tanh(raw) - 0.3).square().sum(1)
        likelihood = torch.distributions.Normal(mean, deviation).log_prob(raw).sum(1)
        optimizer.zero_grad()
        (0.02 * likelihood - gain + 1e-3 * mean.pow(2).sum(1)).mean().backward()
        optimizer.step()


@R.healthy("a rate that falls to a hundredth at the very end", seeds=1)
def falls_late(seed: int) -> None:
    net = nets.mlp(2, 48)
    optimizer = adamw(net, 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=240)
    train(net, data.digits(), optimizer, 240, schedule=schedule)
