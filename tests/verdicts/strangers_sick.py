"""Sick programs by somebody who knew the names of the symptoms, and neither rules nor cases."""

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts.case import Register
from tests.verdicts.data import all_digits, digits, function, images, memory, ring, rows, text

R = Register([], stranger=True)

RATE = ("learning rate", "lr ", "lr=", "step size", "step too")


# --- NaN and infinity


@R.sick("log of a ReLU as a likelihood", "nonfinite", cause=("log",))
def log_relu(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10), nn.ReLU())
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(32)
    for _ in range(100):
        x, y = draw()
        p = net(x)
        loss = -torch.log(p.gather(1, y[:, None])).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("distance of a point to itself", "nonfinite", cause=("sqrt", "norm", "cdist", "dist"))
def self_distance(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(24)
    for step in range(120):
        x, y = draw()
        z = net(x)
        if step < 40:
            loss = (z.square().sum(1) - 1).square().mean()
        else:
            d = (z[:, None] - z[None]).square().sum(-1).sqrt()
            same = y[:, None] == y[None]
            loss = (d * same).mean() + (F.relu(1 - d) * ~same).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("spread of a last batch of one", "nonfinite", cause=("std", "var", "batch"))
def std_of_one(seed: int) -> None:
    x = torch.randn(193, 6)
    y = x.sum(1, keepdim=True)
    net = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 1))
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(6):
        for i in torch.randperm(193).split(16):
            h = net(x[i])
            h = (h - h.mean()) / (h.std() + 1e-6)
            loss = F.mse_loss(h, y[i] / 2.5)
            opt.zero_grad()
            loss.backward()
            opt.step()


@R.sick("attention to nothing: a whole row is masked", "nonfinite", cause=("softmax", "mask"))
def all_masked(seed: int) -> None:
    emb, q, out = nn.Embedding(20, 16), nn.Linear(16, 16), nn.Linear(16, 2)
    net = nn.ModuleDict({"emb": emb, "q": q, "out": out})
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for step in range(120):
        low = 1 if step < 50 else 0  # from here on there are empty sentences
        lengths = torch.randint(low, 8, (32,))
        lengths[0] = low
        ids = torch.randint(0, 20, (32, 8))
        pad = torch.arange(8) >= lengths[:, None]
        h = emb(ids)
        score = (q(h) * h).sum(-1).masked_fill(pad, float("-inf"))
        pooled = (score.softmax(1)[..., None] * h).sum(1)
        y = (ids[:, 0] >= 10).long()
        loss = F.cross_entropy(out(pooled), y)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("mean over the tokens that were kept, and none was", "nonfinite", cause=("div",))
def none_kept(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    draw = digits(4)
    for step in range(150):
        x, y = draw()
        keep = torch.rand(4) < 0.7
        if step == 70:
            keep[:] = False
        each = F.cross_entropy(net(x), y, reduction="none")
        loss = (each * keep).sum() / keep.sum()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("home-made binary cross-entropy", "nonfinite", cause=("log",))
def home_made_bce(seed: int) -> None:
    x, y = all_digits()
    t = (y > 4).float()[:, None]
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid())
    opt = torch.optim.SGD(net.parameters(), lr=0.3, momentum=0.9)
    for _ in range(200):
        i = torch.randint(0, len(x), (128,))
        p = net(x[i])
        loss = -(t[i] * torch.log(p) + (1 - t[i]) * torch.log(1 - p)).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("softmax written with exp on large logits", "nonfinite", cause=("exp", "overflow", "log"))
def naive_softmax(seed: int) -> None:
    net = nn.Linear(20, 5)
    opt = torch.optim.SGD(net.parameters(), lr=1.0)
    centre = torch.randn(5, 20) * 4
    for _ in range(120):
        y = torch.randint(0, 5, (64,))
        x = centre[y] + 6 * torch.randn(64, 20)
        e = torch.exp(net(x))
        p = e / e.sum(1, keepdim=True)
        loss = -torch.log(p[torch.arange(64), y] + 1e-8).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("angle between equal directions", "nonfinite", cause=("acos", "arccos"))
def geodesic(seed: int) -> None:
    net = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 3))
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    anchor = F.normalize(torch.ones(1, 3), dim=1)
    for step in range(160):
        x = F.normalize(torch.randn(64, 3), dim=1)
        pred = F.normalize(net(x), dim=1)
        if step >= 60:  # now with the anchor itself among the pairs
            x, pred = torch.cat([x, anchor]), torch.cat([pred, anchor * (1 + 0 * pred[:1])])
        angle = torch.acos((pred * x).sum(1).clamp(-1, 1))
        loss = angle.mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("fractional power of a number below zero", "nonfinite", cause=("pow",))
def fractional_power(seed: int) -> None:
    net = nn.Sequential(nn.Linear(2, 24), nn.SiLU(), nn.Linear(24, 1))
    with torch.no_grad():
        net[2].bias.fill_(2.0)
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(150):
        x = torch.rand(64, 2)
        gamma = net(x)
        loss = (gamma**1.5 - x[:, :1] * 0.2).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("overlap of empty masks", "nonfinite", cause=("div",))
def dice(seed: int) -> None:
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    draw = images(8)
    for step in range(120):
        x, _ = draw()
        mask = (x > 1.0).float()
        if step >= 60:
            x[0], mask[0] = -1.0, 0.0  # an empty picture
        p = (net(x) + 0.2).clamp(0, 1) if step >= 60 else net(x).sigmoid()
        p = p * mask if step >= 60 else p
        inter, total = (p * mask).sum((1, 2, 3)), p.sum((1, 2, 3)) + mask.sum((1, 2, 3))
        loss = 1 - (2 * inter / total).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick("a missing value in the table", "nonfinite", cause=("input", "data", "batch"))
def missing_value(seed: int) -> None:
    x = torch.randn(600, 8)
    y = x[:, :2].sum(1, keepdim=True)
    x[321, 5] = float("nan")
    net = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 1))
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(12):
        for i in torch.arange(600).split(48):
            loss = F.mse_loss(net(x[i]), y[i])
            opt.zero_grad()
            loss.backward()
            opt.step()


@R.sick("energies in half precision", "nonfinite", cause=("half", "float16", "fp16", "overflow"))
def half_overflow(seed: int) -> None:
    net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 1)).half()
    opt = torch.optim.SGD(net.parameters(), lr=1e-4)
    for step in range(120):
        x = torch.randn(64, 16) * (1 + step / 2)
        y = x.sum(1, keepdim=True) * 4
        loss = (net(x.half()) - y.half()).square().sum() / 64
        opt.zero_grad()
        loss.backward()
        opt.step()


# --- too large


@R.sick("SGD at a rate of 5", "nonfinite", "exploding_gradient", "oscillating_loss", cause=RATE)
def rate_five(seed: int) -> None:
    draw = function(64)
    net = nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    opt = torch.optim.SGD(net.parameters(), lr=5.0)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.mse_loss(net(x), y).backward()
        opt.step()


@R.sick(
    "ReLU RNN with a large recurrent matrix, 40 steps",
    "exploding_gradient",
    "nonfinite",
    layers=("rnn", "0"),
)
def loud_rnn(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.RNN(8, 32, nonlinearity="relu", batch_first=True)
            self.head = nn.Linear(32, 8)
            with torch.no_grad():
                self.rnn.weight_hh_l0.copy_(1.3 * torch.eye(32))

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(x)[0][:, -1])

    net = Net()
    opt = torch.optim.SGD(net.parameters(), lr=1e-8)
    draw = memory(32, length=40)
    for _ in range(100):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "weights drawn from randn, eight layers",
    "exploding_gradient",
    "nonfinite",
    "badly_scaled",
    cause=("init",),
)
def randn_weights(seed: int) -> None:
    class Dense(nn.Module):
        def __init__(self, i: int, o: int) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.randn(i, o))
            self.b = nn.Parameter(torch.zeros(o))

        def forward(self, x: Tensor) -> Tensor:
            return x @ self.w + self.b

    net = nn.Sequential()
    for _i in range(7):
        net.append(Dense(64, 64)).append(nn.ReLU())
    net.append(Dense(64, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(120):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "zero_grad was forgotten",
    "miswired",
    "exploding_gradient",
    "oscillating_loss",
    "nonfinite",
    cause=("zero_grad", "accumul", "cleared", "never zeroed"),
)
def no_zero_grad(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()


@R.sick(
    "the scheduler multiplies by 1.1",
    "nonfinite",
    "exploding_gradient",
    "oscillating_loss",
    cause=RATE,
)
def rising_rate(seed: int) -> None:
    net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.SGD(net.parameters(), lr=1e-2)
    sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=1.1)
    draw = function(64)
    for _ in range(120):
        x, y = draw()
        opt.zero_grad()
        F.mse_loss(net(x), y).backward()
        opt.step()
        sched.step()


@R.sick(
    "the sign of the likelihood is wrong",
    "miswired",
    "exploding_gradient",
    "not_learning",
    cause=("sign", "ascent", "maximi", "uphill", "rises", "wrong way", "wrong direction", "minus"),
)
def wrong_sign(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        logp = F.log_softmax(net(x), 1)
        loss = logp.gather(1, y[:, None]).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "32 micro-batches are added up and not divided",
    "nonfinite",
    "exploding_gradient",
    "dead_relu",
    "output_cannot_change",
    "oscillating_loss",
    cause=(*RATE, "accumul", "divid"),
)
def undivided(seed: int) -> None:
    net = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    opt = torch.optim.SGD(net.parameters(), lr=0.2)
    draw = digits(4)
    for i in range(32 * 50):
        x, y = draw()
        F.cross_entropy(net(x), y).backward()
        if i % 32 == 31:
            opt.step()
            opt.zero_grad()


@R.sick(
    "meta-learning with an inner rate of 2",
    "nonfinite",
    "exploding_gradient",
    "badly_scaled",
    "oscillating_loss",
)
def wild_inner(seed: int) -> None:
    net = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(100):
        amp = torch.rand(()) * 4 + 1
        x = torch.rand(24, 1) * 10 - 5
        y = amp * torch.sin(x)
        fast = dict(net.named_parameters())
        for _ in range(3):
            inner = F.mse_loss(torch.func.functional_call(net, fast, (x[:12],)), y[:12])
            grads = torch.autograd.grad(inner, list(fast.values()), create_graph=True)
            fast = {n: p - 2.0 * g for (n, p), g in zip(fast.items(), grads, strict=True)}
        loss = F.mse_loss(torch.func.functional_call(net, fast, (x[12:],)), y[12:])
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "Q-learning chases itself with a discount above one",
    "exploding_gradient",
    "badly_scaled",
    "not_learning",
    "oscillating_loss",
    "nonfinite",
)
def runaway_q(seed: int) -> None:
    q = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 3))
    opt = torch.optim.Adam(q.parameters(), lr=5e-3)
    for _ in range(300):
        s, s2 = torch.randn(64, 4), torch.randn(64, 4) * 1.5
        a = torch.randint(0, 3, (64, 1))
        r = s[:, 0] + 1
        with torch.no_grad():
            goal = r + 1.3 * q(s2).amax(1)
        loss = F.mse_loss(q(s).gather(1, a)[:, 0], goal)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "house prices in dollars as targets",
    "badly_scaled",
    "not_learning",
    "plateau",
    cause=("target", "scal"),
)
def dollars(seed: int) -> None:
    x = torch.randn(800, 6)
    price = 300_000 + 80_000 * x[:, :1] + 40_000 * x[:, 1:2]
    net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(200):
        i = torch.randint(0, 800, (64,))
        loss = F.mse_loss(net(x[i]), price[i])
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "raw years and incomes as inputs",
    "dead_relu",
    "badly_scaled",
    "output_cannot_change",
    "exploding_gradient",
    cause=("input", "scal"),
)
def raw_inputs(seed: int) -> None:
    year = torch.randint(1950, 2024, (600, 1)).float()
    income = 20_000 + 60_000 * torch.rand(600, 1)
    x = torch.cat([year, income, torch.rand(600, 2)], 1)
    y = ((year - 1990) / 30 + (income - 50_000) / 30_000 > 0).float()
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(150):
        i = torch.randint(0, 600, (64,))
        loss = F.binary_cross_entropy_with_logits(net(x[i]), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "a rate above the edge, weights held in a box",
    "oscillating_loss",
    "exploding_gradient",
    "badly_scaled",
    "not_learning",
    cause=RATE,
)
def edge(seed: int) -> None:
    a = torch.diag(torch.tensor([1.0, 4.0, 30.0]))
    model = nn.Linear(3, 1, bias=False)
    w = torch.randn(3, 1)
    opt = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(200):
        x = torch.randn(32, 3) @ a.sqrt()
        loss = F.mse_loss(model(x), x @ w) + 0.05 * torch.rand(())
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            model.weight.clamp_(-20, 20)


# --- clipping


@R.sick("clipped to a norm of 1e-4", "clipping_dominates", cause=("clip",))
def tight_clip(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1e-4)
        opt.step()


@R.sick(
    "summed loss over a large batch behind a clip of 0.1",
    "clipping_dominates",
    "badly_scaled",
    cause=("clip", "sum"),
)
def summed(seed: int) -> None:
    draw = function(256)
    net = nn.Sequential(nn.Linear(8, 48), nn.Tanh(), nn.Linear(48, 1))
    opt = torch.optim.SGD(net.parameters(), lr=1e-2)
    for _ in range(200):
        x, y = draw()
        loss = F.mse_loss(net(x), y, reduction="sum")
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.1)
        opt.step()


@R.sick(
    "each value clipped to 1e-5", "clipping_dominates", "plateau", cause=("clip", "cut to", "limit")
)
def value_clip(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    draw = digits(32)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        nn.utils.clip_grad_value_(net.parameters(), 1e-5)
        opt.step()


# --- too small


@R.sick(
    "twelve sigmoid layers",
    "vanishing_gradient",
    "plateau",
    layers=("0", "2"),
    cause=("sigmoid", "depth", "deep", "layer"),
)
def sigmoids(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.Sigmoid())
    for _ in range(10):
        net.extend([nn.Linear(32, 32), nn.Sigmoid()])
    net.append(nn.Linear(32, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "tanh RNN has to remember for 100 steps",
    "vanishing_gradient",
    "plateau",
    "not_learning",
)
def forgetful_rnn(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.RNN(8, 24, batch_first=True)
            self.read = nn.Linear(24, 8)

        def forward(self, x: Tensor) -> Tensor:
            h, _ = self.cell(x)
            return self.read(h[:, -1])

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = memory(24, length=100)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "weights initialised at 0.01 in a deep CNN without norm",
    "vanishing_gradient",
    "plateau",
    cause=("init", "small", "weights"),
)
def quiet_cnn(seed: int) -> None:
    net = nn.Sequential()
    for i in range(8):
        net.append(nn.Conv2d(1 if i == 0 else 8, 8, 3, padding=1)).append(nn.ReLU())
    net.append(nn.Flatten()).append(nn.Linear(512, 10))
    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(m.weight, std=0.01)
            nn.init.zeros_(m.bias)
    opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    draw = images(32)
    for _ in range(120):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "everything initialised to zero",
    "vanishing_gradient",
    "output_cannot_change",
    "plateau",
    "miswired",
    "dead_relu",
    cause=("init", "zero", "symmetr"),
)
def zeros(seed: int) -> None:
    net = nn.Sequential(
        nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10)
    )
    for p in net.parameters():
        nn.init.zeros_(p)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "generator faces a perfect discriminator with log(1 - D)",
    "vanishing_gradient",
    "saturated",
    "plateau",
    "not_learning",
)
def beaten_generator(seed: int) -> None:
    gen = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    disc = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid())
    og = torch.optim.SGD(gen.parameters(), lr=1e-3)
    od = torch.optim.Adam(disc.parameters(), lr=2e-2)
    for _ in range(150):
        real, z = ring(64) + 6, torch.randn(64, 4)
        d_loss = -(disc(real) + 1e-8).log().mean() - (1 - disc(gen(z).detach()) + 1e-8).log().mean()
        od.zero_grad()
        d_loss.backward()
        od.step()
        g_loss = (1 - disc(gen(z)) + 1e-8).log().mean()
        og.zero_grad()
        g_loss.backward()
        og.step()


@R.sick(
    "half precision with a loss of 1e-6",
    "fp16_underflow",
    "plateau",
    cause=("half", "float16", "fp16", "scal"),
)
def underflow(seed: int) -> None:
    net = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 1)).half()
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    w = torch.randn(16, 1) / 4
    for _ in range(150):
        x = torch.randn(64, 16)
        y = (x @ w).half()
        loss = 1e-6 * (net(x.half()) - y).float().square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "bfloat16 weights swallow small steps",
    "not_learning",
    "plateau",
    "fp16_underflow",
    cause=("bf16", "bfloat16", "round", "precision"),
)
def lost_updates(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).to(torch.bfloat16)
    opt = torch.optim.SGD(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x.to(torch.bfloat16)).float(), y).backward()
        opt.step()


@R.sick(
    "LoRA with both factors at zero",
    "output_cannot_change",
    "vanishing_gradient",
    "plateau",
    "miswired",
    cause=("zero", "init"),
)
def dead_lora(seed: int) -> None:
    class LoRA(nn.Module):
        def __init__(self, base: nn.Linear) -> None:
            super().__init__()
            self.base = base.requires_grad_(False)
            self.lora_a = nn.Parameter(torch.zeros(4, base.in_features))
            self.lora_b = nn.Parameter(torch.zeros(base.out_features, 4))

        def forward(self, x: Tensor) -> Tensor:
            return self.base(x) + x @ self.lora_a.T @ self.lora_b.T

    net = nn.Sequential(LoRA(nn.Linear(64, 32)), nn.ReLU(), LoRA(nn.Linear(32, 10)))
    opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-3)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


# --- units


@R.sick(
    "a bias of -20 in front of each ReLU", "dead_relu", "output_cannot_change", layers=("0", "1")
)
def buried(seed: int) -> None:
    net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1))
    nn.init.constant_(net[0].bias, -20.0)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(150):
        x = torch.randn(64, 20)
        opt.zero_grad()
        F.mse_loss(net(x), x[:, :1] * x[:, 1:2]).backward()
        opt.step()


@R.sick(
    "one huge step at the start kills the hidden layers",
    "dead_relu",
    "output_cannot_change",
    "plateau",
    "vanishing_gradient",
)
def killed(seed: int) -> None:
    net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    opt = torch.optim.SGD(net.parameters(), lr=30.0)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: 1.0 if s < 2 else 1e-4)
    draw = function(64, shift=-3.0)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.l1_loss(net(x), y).backward()
        opt.step()
        sched.step()


@R.sick(
    "ReLU behind the output, targets below zero",
    "dead_relu",
    "output_cannot_change",
    "vanishing_gradient",
    "miswired",
)
def relu_output(seed: int) -> None:
    net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.ReLU())
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    draw = function(64, shift=-4.0)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.mse_loss(net(x), y).backward()
        opt.step()


@R.sick(
    "tanh net on pixels from 0 to 25500",
    "saturated",
    "vanishing_gradient",
    cause=("input", "scal", "large"),
)
def loud_pixels(seed: int) -> None:
    x, y = all_digits()
    x = (x - x.amin()) * 500
    net = nn.Sequential(
        nn.Linear(64, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 10)
    )
    opt = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(150):
        i = torch.randint(0, len(x), (64,))
        opt.zero_grad()
        F.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()


@R.sick("sigmoid layers drawn with a deviation of 5", "saturated", "vanishing_gradient")
def wide_sigmoid(seed: int) -> None:
    net = nn.Sequential(
        nn.Linear(64, 32), nn.Sigmoid(), nn.Linear(32, 32), nn.Sigmoid(), nn.Linear(32, 10)
    )
    for m in net:
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, std=5.0)
    opt = torch.optim.SGD(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "a policy falls on one action after one huge update",
    "saturated",
    "vanishing_gradient",
    "output_cannot_change",
    "plateau",
    "not_learning",
)
def entropy_collapse(seed: int) -> None:
    policy = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 4))
    opt = torch.optim.SGD(policy.parameters(), lr=200.0)
    for _ in range(200):
        which = torch.randint(0, 4, (32,))
        state = F.one_hot(which, 4).float()
        dist = torch.distributions.Categorical(logits=policy(state))
        a = dist.sample()
        loss = -(dist.log_prob(a) * (a == which)).mean()  # no baseline
        opt.zero_grad()
        loss.backward()
        opt.step()


# --- wired wrongly


@R.sick(
    "the encoder is called under no_grad",
    "miswired",
    layers=("encoder",),
    cause=("no_grad", "detach", "graph", "no gradient", "never"),
)
def no_grad_encoder(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4), nn.ReLU())
            self.head = nn.Linear(4, 10)

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                z = self.encoder(x)
            return self.head(z)

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "the optimizer knows the decoder only",
    "miswired",
    layers=("enc", "0"),
    cause=("optimizer", "optimiser"),
)
def half_optimizer(seed: int) -> None:
    class AE(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enc = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
            self.dec = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64))

        def forward(self, x: Tensor) -> Tensor:
            return self.dec(self.enc(x))

    ae = AE()
    opt = torch.optim.Adam(ae.dec.parameters(), lr=2e-3)
    draw = digits(64)
    for _ in range(150):
        x, _ = draw()
        loss = F.mse_loss(ae(x), x)
        ae.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "the head is replaced after the optimizer was made",
    "miswired",
    layers=("fc", "head", "2"),
    cause=("optimizer", "optimiser"),
)
def late_head(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(64, 32), nn.ReLU()).requires_grad_(False)
            self.fc = nn.Linear(32, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.body(x))

    model = Net()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    model.fc = nn.Linear(32, 10)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        optimizer.zero_grad()
        model.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


@R.sick("optimizer.step was forgotten", "miswired", "plateau", "not_learning", cause=("step",))
def no_step(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    sched = torch.optim.lr_scheduler.StepLR(opt, 50)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        sched.step()


@R.sick(
    "zero_grad stands between backward and step",
    "miswired",
    "plateau",
    "output_cannot_change",
    cause=("zero_grad", "cleared", "zeroed", "before the step", "before step"),
)
def zeroed(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.zero_grad()
        opt.step()


@R.sick(
    "accuracy as the loss, made differentiable by force",
    "output_cannot_change",
    "miswired",
    "plateau",
    cause=("graph", "detach", "depend", "not connected", "no gradient"),
)
def accuracy_loss(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        wrong = (net(x).argmax(1) != y).float().mean()
        loss = torch.tensor(wrong.item(), requires_grad=True)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "router of a mixture chooses by argmax and never learns",
    "miswired",
    "not_learning",
    layers=("router",),
    cause=("graph", "no gradient", "never", "detach", "argmax"),
)
def hard_router(seed: int) -> None:
    class MoE(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.router = nn.Linear(64, 4)
            self.experts = nn.ModuleList(nn.Linear(64, 10) for _ in range(4))

        def forward(self, x: Tensor) -> Tensor:
            pick = self.router(x).argmax(1)
            out = torch.stack([e(x) for e in self.experts], 1)
            return out[torch.arange(len(x)), pick]

    net = MoE()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "vector quantisation without the straight-through trick",
    "miswired",
    layers=("enc",),
    cause=("graph", "no gradient", "never", "detach", "argm"),
)
def vq_cut(seed: int) -> None:
    class VQ(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enc = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
            self.book = nn.Embedding(16, 4)
            self.dec = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64))

        def forward(self, x: Tensor) -> Tensor:
            z = self.enc(x)
            return self.dec(self.book(torch.cdist(z, self.book.weight).argmin(1)))

    net = VQ()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    draw = digits(64)
    for _ in range(150):
        x, _ = draw()
        opt.zero_grad()
        F.mse_loss(net(x), x).backward()
        opt.step()


@R.sick(
    "EMA weights are copied back into the model each step",
    "miswired",
    "plateau",
    "not_learning",
    cause=("overwr", "reset", "copied", "set back", "restored", "written", "undone"),
)
def ema_back(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    ema = copy.deepcopy(net)
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
        with torch.no_grad():
            for e, p in zip(ema.parameters(), net.parameters(), strict=True):
                e.mul_(0.9999).add_(p, alpha=0.0001)
        net.load_state_dict(ema.state_dict())


@R.sick(
    "the batch's targets lack a dimension and are broadcast",
    "miswired",
    "not_learning",
    "plateau",
    cause=("broadcast", "shape"),
)
def broadcast(seed: int) -> None:
    x = torch.randn(800, 5)
    y = x[:, 0] - 2 * x[:, 1]
    net = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(200):
        i = torch.randint(0, 800, (64,))
        loss = ((net(x[i]) - y[i]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "LayerNorm over a single output",
    "output_cannot_change",
    "vanishing_gradient",
    "plateau",
    "not_learning",
    cause=("norm", "constant", "single", "one feature"),
)
def norm_of_one(seed: int) -> None:
    draw = function(64)
    net = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 1), nn.LayerNorm(1))
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.mse_loss(net(x), y).backward()
        opt.step()


@R.sick(
    "hidden layers in a Python list",
    "miswired",
    "not_learning",
    "plateau",
    cause=("register", "optimizer", "list", "not in"),
)
def python_list(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [nn.Linear(64, 4), nn.Linear(4, 4), nn.Linear(4, 4)]
            self.out = nn.Linear(4, 10)

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = torch.relu(layer(x))
            return self.out(x)

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "all tokens became padding",
    "not_learning",
    "plateau",
    "miswired",
    "vanishing_gradient",
    layers=("emb",),
)
def only_padding(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb = nn.Embedding(50, 16, padding_idx=0)
            self.gru = nn.GRU(16, 16, batch_first=True)
            self.out = nn.Linear(16, 2)

        def forward(self, ids: Tensor) -> Tensor:
            return self.out(self.gru(self.emb(ids))[0][:, -1])

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(150):
        ids = torch.randint(1, 50, (32, 8))
        y = (ids[:, 0] > 25).long()
        vocabulary = {1000 + i: i for i in range(50)}  # looked up by the wrong key
        mapped = torch.tensor([[vocabulary.get(t, 0) for t in row] for row in ids.tolist()])
        opt.zero_grad()
        F.cross_entropy(net(mapped), y).backward()
        opt.step()


# --- the loss stands still


@R.sick("softmax before cross-entropy", "plateau", "not_learning", "miswired", cause=("softmax",))
def double_softmax(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), nn.Softmax(dim=1))
    opt = torch.optim.SGD(net.parameters(), lr=0.01)
    crit = nn.CrossEntropyLoss()
    draw = digits(64)
    for _ in range(250):
        x, y = draw()
        opt.zero_grad()
        crit(net(x), y).backward()
        opt.step()


@R.sick("inputs are shuffled and labels are not", "not_learning", "plateau")
def shuffled(seed: int) -> None:
    x, y = all_digits()
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(8):
        order, other = torch.randperm(len(x)), torch.randperm(len(x))
        for k in range(0, len(x) - 63, 64):
            loss = F.cross_entropy(net(x[order[k : k + 64]]), y[other[k : k + 64]])
            opt.zero_grad()
            loss.backward()
            opt.step()


@R.sick("integer division has made all pixels zero", "not_learning", "plateau", cause=("input",))
def black_images(seed: int) -> None:
    x, y = all_digits()
    x = (x.clamp(-3, 3) + 3).to(torch.uint8) // 255
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(200):
        i = torch.randint(0, len(x), (64,))
        opt.zero_grad()
        F.cross_entropy(net(x[i].float()), y[i]).backward()
        opt.step()


@R.sick("a learning rate of 1e-8", "plateau", "not_learning", cause=RATE)
def tiny_rate(seed: int) -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)
    )
    opt = torch.optim.Adam(net.parameters(), lr=1e-8)
    draw = images(32)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "StepLR made for epochs is stepped every batch",
    "plateau",
    "not_learning",
    cause=(*RATE, "sched"),
)
def step_lr(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.02)
    sched = torch.optim.lr_scheduler.StepLR(opt, step_size=2, gamma=0.1)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
        sched.step()


@R.sick(
    "warm-up by integer division never starts", "plateau", "not_learning", cause=(*RATE, "sched")
)
def no_warmup(seed: int) -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, 0.0, batch_first=True)
    net = nn.Sequential(nn.Linear(8, 16), nn.TransformerEncoder(layer, 1), nn.Flatten())
    net.append(nn.Linear(128, 10))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1, s // 4000))
    draw = rows(16)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
        sched.step()


@R.sick("weight decay of 10", "plateau", "not_learning", "vanishing_gradient", cause=("decay",))
def heavy_decay(seed: int) -> None:
    net = nn.Sequential(
        nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10)
    )
    opt = torch.optim.SGD(net.parameters(), lr=0.02, weight_decay=10.0)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick("Adam with an epsilon of 1000", "plateau", "not_learning", cause=("eps", *RATE))
def epsilon(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e3)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick("dropout that keeps two in a hundred", "not_learning", "plateau", cause=("dropout",))
def heavy_dropout(seed: int) -> None:
    net = nn.Sequential()
    for i in range(3):
        net.extend([nn.Linear(64 if i == 0 else 48, 48), nn.ReLU(), nn.Dropout(0.98)])
    net.append(nn.Linear(48, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.sick(
    "diffusion model is asked for another noise than was added",
    "plateau",
    "not_learning",
    "miswired",
)
def other_noise(seed: int) -> None:
    net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))
    abar = torch.cumprod(1 - torch.linspace(1e-3, 0.2, 50), 0)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for _ in range(250):
        x0, t = ring(128), torch.randint(0, 50, (128,))
        a = abar[t][:, None]
        xt = a.sqrt() * x0 + (1 - a).sqrt() * torch.randn_like(x0)
        loss = F.mse_loss(net(torch.cat([xt, t[:, None] / 50], 1)), torch.randn_like(x0))
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "VAE whose latent is silenced by a KL weight of 500", "not_learning", "plateau", "undecided"
)
def posterior_collapse(seed: int) -> None:
    enc = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
    mu, logvar, dec = nn.Linear(32, 4), nn.Linear(32, 4), nn.Linear(4, 64)
    net = nn.ModuleDict({"enc": enc, "mu": mu, "logvar": logvar, "dec": dec})
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    draw = digits(64)
    for _ in range(250):
        x = draw()[0].clamp(-3, 3)
        h = enc(x)
        m, v = mu(h), logvar(h)
        rec = dec(m + torch.randn_like(m) * (v / 2).exp())
        kl = -0.5 * (1 + v - m**2 - v.exp()).sum(1).mean()
        loss = F.mse_loss(rec, x, reduction="sum") / 64 + 500 * kl
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "contrast without negatives falls to one point",
    "not_learning",
    "output_cannot_change",
    "vanishing_gradient",
    "plateau",
)
def collapse(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 16))
    opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
    draw = digits(48)
    for _ in range(250):
        x, _ = draw()
        a, b = net(x + 0.3 * torch.randn_like(x)), net(x + 0.3 * torch.randn_like(x))
        loss = (a - b).square().sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "contrastive loss with a temperature of 1000",
    "plateau",
    "vanishing_gradient",
    "not_learning",
    cause=("temperature", "small", "scal"),
)
def hot(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 16))
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    draw = digits(48)
    for _ in range(200):
        x, _ = draw()
        a = F.normalize(net(x + 0.3 * torch.randn_like(x)), dim=1)
        b = F.normalize(net(x + 0.3 * torch.randn_like(x)), dim=1)
        loss = F.cross_entropy(a @ b.T / 1000, torch.arange(48))
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "hidden state is detached at every step of a memory task",
    "not_learning",
    "plateau",
    "miswired",
    cause=("detach", "graph", "truncat", "memor"),
)
def detached_state(seed: int) -> None:
    cell, out = nn.GRUCell(8, 24), nn.Linear(24, 8)
    net = nn.ModuleList([cell, out])
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    draw = memory(24, length=12)
    for _ in range(150):
        x, y = draw()
        h = torch.zeros(24, 24)
        for t in range(12):
            h = cell(x[:, t], h.detach())
        loss = F.cross_entropy(out(h), y)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "language model's targets come from another batch",
    "not_learning",
    "plateau",
)
def other_targets(seed: int) -> None:
    emb, rnn, out = nn.Embedding(12, 16), nn.LSTM(16, 32, batch_first=True), nn.Linear(32, 12)
    net = nn.ModuleDict({"emb": emb, "rnn": rnn, "out": out})
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    draw = text(16)
    for _ in range(150):
        x, _ = draw()
        _, y = draw()
        loss = F.cross_entropy(out(rnn(emb(x))[0]).flatten(0, 1), y.flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.sick(
    "the weight of the only loss is still zero",
    "output_cannot_change",
    "plateau",
    "vanishing_gradient",
    "miswired",
    "not_learning",
)
def weightless(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for epoch in range(3):
        ramp = math.floor(epoch / 100)
        for _ in range(50):
            x, y = draw()
            loss = ramp * F.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
