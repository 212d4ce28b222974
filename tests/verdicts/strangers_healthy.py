"""Healthy programs by somebody who knew the names of the symptoms, and neither rules nor cases."""

import copy
import math
from collections import deque
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts.case import Register
from tests.verdicts.data import all_digits, digits, images, ring, rows, text

R = Register([], stranger=True)


# --- classification


@R.healthy("logistic regression on digits")
def logistic(seed: int) -> None:
    x, y = all_digits()
    clf = nn.Linear(64, 10)
    opt = torch.optim.SGD(clf.parameters(), lr=0.1)
    for _epoch in range(8):
        perm = torch.randperm(len(x))
        for i in range(0, len(x), 100):
            idx = perm[i : i + 100]
            opt.zero_grad()
            F.cross_entropy(clf(x[idx]), y[idx]).backward()
            opt.step()


@R.healthy("MLP with dropout and batch norm, evaluated every epoch")
def mlp_eval(seed: int) -> None:
    x, y = all_digits()
    model = nn.Sequential(
        nn.Linear(64, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Dropout(0.3), nn.Linear(96, 10)
    )
    opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    for _epoch in range(6):
        model.train()
        for idx in torch.randperm(1400).split(50):
            loss = criterion(model(x[idx]), y[idx])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()


@R.healthy("CNN with OneCycleLR")
def cnn_onecycle(seed: int) -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.15, total_steps=160)
    draw = images(64)
    for _ in range(160):
        x, y = draw()
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()


class BasicBlock(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.short = nn.Identity() if cin == cout else nn.Conv2d(cin, cout, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.short(x))


@R.healthy("small ResNet, SGD with momentum, MultiStepLR")
def resnet(seed: int) -> None:
    model = nn.Sequential(
        BasicBlock(1, 8),
        BasicBlock(8, 16, 2),
        BasicBlock(16, 16),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [60, 90], gamma=0.1)
    loader = images(32)
    for _ in range(110):
        inputs, labels = loader()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        scheduler.step()


@R.healthy("vision transformer on patches")
def vit(seed: int) -> None:
    class ViT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch = nn.Conv2d(1, 32, 2, 2)
            self.cls = nn.Parameter(torch.zeros(1, 1, 32))
            self.pos = nn.Parameter(torch.randn(1, 17, 32) * 0.02)
            layer = nn.TransformerEncoderLayer(32, 4, 64, 0.1, "gelu", batch_first=True)
            self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.head = nn.Linear(32, 10)

        def forward(self, img: Tensor) -> Tensor:
            z = self.patch(img).flatten(2).transpose(1, 2)
            z = torch.cat([self.cls.expand(len(z), -1, -1), z], 1) + self.pos
            return self.head(self.enc(z)[:, 0])

    model = ViT()
    opt = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.05)
    warm = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 1) / 20))
    draw = images(32)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()
        warm.step()


@R.healthy("multi-label tags with BCEWithLogits and a positive weight")
def multilabel(seed: int) -> None:
    x = torch.randn(800, 20)
    w = torch.randn(20, 6)
    y = (x @ w > 3.0).float()
    net = nn.Sequential(nn.Linear(20, 48), nn.SiLU(), nn.Linear(48, 6))
    opt = torch.optim.NAdam(net.parameters(), lr=3e-3)
    crit = nn.BCEWithLogitsLoss(pos_weight=torch.full((6,), 3.0))
    for _ in range(12):
        for idx in torch.randperm(800).split(64):
            opt.zero_grad()
            crit(net(x[idx]), y[idx]).backward()
            opt.step()


@R.healthy("rare class with focal loss")
def focal(seed: int) -> None:
    x = torch.randn(2000, 10)
    y = ((x[:, 0] + x[:, 1] ** 2 + 0.3 * torch.randn(2000)) > 3.2).float()
    model = nn.Sequential(
        nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1)
    )
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(200):
        i = torch.randint(0, 2000, (128,))
        logit = model(x[i]).squeeze(1)
        bce = F.binary_cross_entropy_with_logits(logit, y[i], reduction="none")
        p = torch.sigmoid(logit)
        pt = torch.where(y[i] > 0, p, 1 - p)
        loss = ((1 - pt) ** 2 * bce).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("mixup on digits with cosine annealing")
def mixup(seed: int) -> None:
    draw = digits(64)
    net = nn.Sequential(
        nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 10)
    )
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 200)
    beta = torch.distributions.Beta(0.4, 0.4)
    for _ in range(200):
        x, y = draw()
        lam = beta.sample()
        perm = torch.randperm(len(x))
        out = net(lam * x + (1 - lam) * x[perm])
        loss = lam * F.cross_entropy(out, y) + (1 - lam) * F.cross_entropy(out, y[perm])
        opt.zero_grad()
        loss.backward()
        opt.step()
        cosine.step()


@R.healthy("adversarial training with FGSM")
def fgsm(seed: int) -> None:
    draw = digits(48)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(160):
        x, y = draw()
        probe = x.clone().requires_grad_()
        (grad,) = torch.autograd.grad(F.cross_entropy(model(probe), y), probe)
        bad = (x + 0.1 * grad.sign()).detach()
        opt.zero_grad()
        loss = 0.5 * F.cross_entropy(model(x), y) + 0.5 * F.cross_entropy(model(bad), y)
        loss.backward()
        opt.step()


@R.healthy("a third of the labels are wrong, and the rest is learned")
def noisy_labels(seed: int) -> None:
    x, y = all_digits()
    y = torch.where(torch.rand(len(y)) < 0.33, torch.randint(0, 10, y.shape), y)
    net = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(220):
        i = torch.randint(0, len(x), (64,))
        opt.zero_grad()
        F.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()


# --- regression and science


@R.healthy("linear regression on columns of very different meaning, standardised")
def tabular(seed: int) -> None:
    raw = torch.stack(
        [torch.randn(600) * 30000 + 50000, torch.rand(600) * 60 + 18, torch.rand(600)], 1
    )
    price = 3e-4 * raw[:, 0] - 0.5 * raw[:, 1] + 20 * raw[:, 2] + torch.randn(600)
    x = (raw - raw.mean(0)) / raw.std(0)
    t = (price - price.mean()) / price.std()
    reg = nn.Linear(3, 1)
    opt = torch.optim.SGD(reg.parameters(), lr=0.05)
    for _ in range(150):
        opt.zero_grad()
        loss = F.mse_loss(reg(x).squeeze(-1), t)
        loss.backward()
        opt.step()


@R.healthy("L-BFGS fits a curve")
def lbfgs(seed: int) -> None:
    t = torch.linspace(-1, 1, 120)[:, None]
    target = torch.sin(4 * t) + 0.05 * torch.randn_like(t)
    net = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1))
    opt = torch.optim.LBFGS(net.parameters(), lr=0.5, max_iter=4)

    def closure() -> Tensor:
        opt.zero_grad()
        loss = F.mse_loss(net(t), target)
        loss.backward()
        return loss

    for _ in range(60):
        opt.step(closure)


@R.healthy("Huber loss with outliers")
def huber(seed: int) -> None:
    x = torch.rand(512, 4)
    y = (x * torch.tensor([3.0, -2.0, 1.0, 0.5])).sum(1, keepdim=True)
    y[::20] += 50 * torch.randn(26, 1)
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(250):
        i = torch.randint(0, 512, (64,))
        loss = F.huber_loss(net(x[i]), y[i], delta=0.5)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("quantile regression, three heads")
def quantile(seed: int) -> None:
    q = torch.tensor([0.1, 0.5, 0.9])
    net = nn.Sequential(nn.Linear(2, 32), nn.ELU(), nn.Linear(32, 3))
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(220):
        x = torch.rand(96, 2) * 2 - 1
        y = (2 * x[:, :1] + x[:, 1:].abs() * torch.randn(96, 1)).expand(-1, 3)
        e = y - net(x)
        loss = torch.maximum(q * e, (q - 1) * e).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("Poisson regression of counts")
def poisson(seed: int) -> None:
    x = torch.randn(700, 6)
    rate = (0.5 * x[:, 0] - 0.4 * x[:, 1] + 1.0).exp()
    counts = torch.poisson(rate)
    beta = nn.Linear(6, 1)
    opt = torch.optim.Adam(beta.parameters(), lr=0.02)
    crit = nn.PoissonNLLLoss(log_input=True)
    for _ in range(180):
        opt.zero_grad()
        crit(beta(x)[:, 0], counts).backward()
        opt.step()


@R.healthy("Gaussian process hyperparameters by marginal likelihood")
def gaussian_process(seed: int) -> None:
    class GP(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.log_len = nn.Parameter(torch.tensor(1.0))
            self.log_amp = nn.Parameter(torch.tensor(0.0))
            self.log_noise = nn.Parameter(torch.tensor(0.0))

        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            d = (x - x.T) ** 2 / self.log_len.exp() ** 2
            k = self.log_amp.exp() * (-0.5 * d).exp()
            k = k + (self.log_noise.exp() + 1e-4) * torch.eye(len(x))
            chol = torch.linalg.cholesky(k)
            alpha = torch.cholesky_solve(y, chol)
            return (0.5 * (y * alpha).sum() + chol.diagonal().log().sum()) / len(x)

    x = torch.linspace(0, 6, 40)[:, None]
    y = torch.sin(2 * x) + 0.1 * torch.randn_like(x)
    gp = GP()
    opt = torch.optim.Adam(gp.parameters(), lr=0.05)
    for _ in range(150):
        opt.zero_grad()
        nll = gp(x, y)
        nll.backward()
        opt.step()


@R.healthy("physics-informed: a decaying oscillator")
def pinn(seed: int) -> None:
    net = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(250):
        t = (torch.rand(48, 1) * 2).requires_grad_()
        u = net(t)
        (du,) = torch.autograd.grad(u.sum(), t, create_graph=True)
        start = net(torch.zeros(1, 1))
        loss = (du + 2 * u).square().mean() + 10 * (start - 1).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("neural ODE with Euler steps")
def neural_ode(seed: int) -> None:
    field = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
    a = torch.tensor([[-0.1, 1.0], [-1.0, -0.1]])
    opt = torch.optim.RMSprop(field.parameters(), lr=2e-3)
    for _ in range(150):
        z = torch.randn(32, 2)
        true = z.clone()
        loss = torch.zeros(())
        for _ in range(10):
            z = z + 0.1 * field(z)
            true = true + 0.1 * true @ a.T
            loss = loss + F.mse_loss(z, true)
        opt.zero_grad()
        (loss / 10).backward()
        opt.step()


@R.healthy("SIREN fits one image")
def siren(seed: int) -> None:
    class Sine(nn.Module):
        def __init__(self, cin: int, cout: int, first: bool = False) -> None:
            super().__init__()
            self.lin = nn.Linear(cin, cout)
            bound = 1 / cin if first else math.sqrt(6 / cin) / 15
            nn.init.uniform_(self.lin.weight, -bound, bound)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sin(15 * self.lin(x))

    img = all_digits()[0][3].view(8, 8).clamp(-2, 2)
    g = torch.linspace(-1, 1, 8)
    xy = torch.cartesian_prod(g, g)
    net = nn.Sequential(Sine(2, 32, True), Sine(32, 32), nn.Linear(32, 1))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(200):
        loss = (net(xy).view(8, 8) - img).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("nearly all of the target is noise", "undecided")
def mostly_noise(seed: int) -> None:
    net = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1))
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(250):
        x = torch.randn(128, 5)
        y = 0.5 * x[:, :1] + torch.randn(128, 1)
        loss = nn.functional.mse_loss(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("gradient matching of a force field in double precision")
def forces(seed: int) -> None:
    pot = nn.Sequential(nn.Linear(3, 32), nn.Softplus(), nn.Linear(32, 1)).double()
    opt = torch.optim.Adam(pot.parameters(), lr=1e-2)
    for _ in range(150):
        r = torch.randn(64, 3, dtype=torch.float64).requires_grad_()
        energy = r.square().sum(1) / 2
        pred = pot(r).squeeze(1)
        (f,) = torch.autograd.grad(pred.sum(), r, create_graph=True)
        loss = (f - r.detach()).square().mean() + (pred - energy.detach()).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


# --- sequences


@R.healthy("LSTM reads digits row by row, clipped at 1")
def lstm_rows(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(8, 32, batch_first=True)
            self.fc = nn.Linear(32, 10)

        def forward(self, x: Tensor) -> Tensor:
            _, (h, _) = self.lstm(x)
            return self.fc(h[-1])

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    draw = rows(32)
    for _ in range(180):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()


@R.healthy("GRU adds the marked numbers")
def adding(seed: int) -> None:
    gru = nn.GRU(2, 24, batch_first=True)
    out = nn.Linear(24, 1)
    params = [*gru.parameters(), *out.parameters()]
    opt = torch.optim.Adam(params, lr=1e-2)
    for _ in range(250):
        v = torch.rand(48, 8)
        m = torch.zeros(48, 8)
        m[torch.arange(48), torch.randint(0, 4, (48,))] = 1
        m[torch.arange(48), torch.randint(4, 8, (48,))] = 1
        h, _ = gru(torch.stack([v, m], -1))
        loss = F.mse_loss(out(h[:, -1])[:, 0], (v * m).sum(1))
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("plain RNN echoes the input of two steps ago")
def echo(seed: int) -> None:
    rnn = nn.RNN(4, 32, batch_first=True)
    head = nn.Linear(32, 4)
    opt = torch.optim.Adam([*rnn.parameters(), *head.parameters()], lr=3e-3)
    for _ in range(200):
        tokens = torch.randint(0, 4, (24, 10))
        h, _ = rnn(F.one_hot(tokens, 4).float())
        logits = head(h[:, 2:])
        loss = F.cross_entropy(logits.reshape(-1, 4), tokens[:, :-2].reshape(-1))
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("LSTM language model with carried hidden state")
def truncated(seed: int) -> None:
    emb, cell, dec = nn.Embedding(12, 16), nn.LSTM(16, 32), nn.Linear(32, 12)
    model = nn.ModuleList([emb, cell, dec])
    opt = torch.optim.Adagrad(model.parameters(), lr=0.1)
    step = torch.randperm(12)
    stream = [torch.randint(0, 12, (8,))]
    for _ in range(12 * 130 + 1):
        stream.append(
            torch.where(torch.rand(8) < 0.1, torch.randint(0, 12, (8,)), step[stream[-1]])
        )
    data = torch.stack(stream)
    state = None
    for i in range(130):
        chunk = data[12 * i : 12 * i + 13]
        if state is not None:
            state = tuple(s.detach() for s in state)
        h, state = cell(emb(chunk[:-1]), state)
        loss = F.cross_entropy(dec(h).flatten(0, 1), chunk[1:].flatten())
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()


class Block(nn.Module):
    def __init__(self, d: int, heads: int = 2) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv = nn.Linear(d, 3 * d)
        self.proj = nn.Linear(d, d)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = (
            z.view(b, t, self.heads, -1).transpose(1, 2) for z in self.qkv(self.ln1(x)).chunk(3, -1)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, vocab: int = 12, d: int = 32, depth: int = 2, tie: bool = False) -> None:
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, d), nn.Embedding(32, d)
        self.blocks = nn.ModuleList(Block(d) for _ in range(depth))
        self.norm = nn.LayerNorm(d)
        self.lm_head = nn.Linear(d, vocab, bias=False)
        for p in self.modules():
            if isinstance(p, (nn.Linear, nn.Embedding)):
                nn.init.normal_(p.weight, std=0.02)
        if tie:
            self.lm_head.weight = self.tok.weight

    def forward(self, idx: Tensor) -> Tensor:
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        for blk in self.blocks:
            x = blk(x)
        return self.lm_head(self.norm(x))


@R.healthy("GPT with tied embeddings, warm-up, cosine, groups without decay")
def gpt(seed: int) -> None:
    model = GPT(tie=True)
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    opt = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}],
        lr=3e-3,
        betas=(0.9, 0.95),
    )
    steps = 150
    sched = torch.optim.lr_scheduler.LambdaLR(
        opt, lambda s: s / 15 if s < 15 else 0.5 * (1 + math.cos(math.pi * (s - 15) / (steps - 15)))
    )
    draw = text(12)
    for _ in range(steps):
        x, y = draw()
        loss = F.cross_entropy(model(x).view(-1, 12), y.reshape(-1))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()


@R.healthy("sequence to sequence: reversing, with attention and teacher forcing")
def seq2seq(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb = nn.Embedding(9, 24)
            self.enc = nn.GRU(24, 32, batch_first=True, bidirectional=True)
            self.bridge = nn.Linear(64, 32)
            self.dec = nn.GRU(24, 32, batch_first=True)
            self.out = nn.Linear(64, 9)

        def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
            mem, h = self.enc(self.emb(src))
            mem = self.bridge(mem)
            d, _ = self.dec(self.emb(tgt), h[:1].contiguous())
            att = torch.softmax(d @ mem.transpose(1, 2) / 6, -1) @ mem
            return self.out(torch.cat([d, att], -1))

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(150):
        src = torch.randint(1, 9, (32, 6))
        tgt = src.flip(1)
        start = torch.cat([torch.zeros(32, 1, dtype=torch.long), tgt[:, :-1]], 1)
        loss = F.cross_entropy(net(src, start).transpose(1, 2), tgt)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("CTC on strokes")
def ctc(seed: int) -> None:
    net = nn.Sequential(nn.Conv1d(5, 24, 3, padding=1), nn.ReLU(), nn.Conv1d(24, 6, 1))
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    crit = nn.CTCLoss(zero_infinity=True)
    for _ in range(150):
        target = torch.randint(1, 6, (16, 4))
        sig = F.one_hot(target - 1, 5).float().repeat_interleave(3, 1)
        sig = sig + 0.2 * torch.randn_like(sig)
        logp = net(sig.transpose(1, 2)).permute(2, 0, 1).log_softmax(-1)
        loss = crit(logp, target, torch.full((16,), 12), torch.full((16,), 4))
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("masked modelling of pixel rows")
def masked(seed: int) -> None:
    layer = nn.TransformerEncoderLayer(32, 4, 64, 0.0, batch_first=True, norm_first=True)
    net = nn.ModuleDict(
        {
            "embed": nn.Linear(8, 32),
            "body": nn.TransformerEncoder(layer, 2, enable_nested_tensor=False),
            "out": nn.Linear(32, 8),
        }
    )
    pos = nn.Parameter(0.02 * torch.randn(8, 32))
    opt = torch.optim.AdamW([*net.parameters(), pos], lr=5e-3)
    draw = rows(32)
    for _ in range(150):
        x, _ = draw()
        x = x.clamp(-3, 3)
        hide = torch.rand(x.shape[:2]) < 0.2
        shown = x.masked_fill(hide[..., None], 0)
        rec = net["out"](net["body"](net["embed"](shown) + pos))
        loss = ((rec - x) ** 2)[hide].mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("echo state network: only the readout is trained")
def reservoir(seed: int) -> None:
    w = torch.randn(100, 100)
    w *= 0.9 / torch.linalg.eigvals(w).abs().max()
    win = torch.randn(100)
    u = torch.sin(torch.arange(500) * 0.3) + 0.5 * torch.sin(torch.arange(500) * 0.11)
    h, states = torch.zeros(100), []
    for t in range(500):
        h = torch.tanh(w @ h + win * u[t])
        states.append(h)
    s = torch.stack(states)[50:-1]
    goal = u[51:]
    readout = nn.Linear(100, 1)
    opt = torch.optim.Adam(readout.parameters(), lr=5e-3)
    for _ in range(200):
        loss = F.mse_loss(readout(s)[:, 0], goal)
        opt.zero_grad()
        loss.backward()
        opt.step()


# --- representation


@R.healthy("autoencoder")
def autoencoder(seed: int) -> None:
    enc = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
    dec = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64))
    ae = nn.Sequential(enc, dec)
    opt = torch.optim.Adam(ae.parameters(), lr=3e-3)
    draw = digits(64)
    for _ in range(200):
        x, _ = draw()
        x = x.clamp(-3, 3)
        loss = F.mse_loss(ae(x), x)
        opt.zero_grad()
        loss.backward()
        opt.step()


class VAE(nn.Module):
    def __init__(self, latent: int = 4) -> None:
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
        self.mu, self.logvar = nn.Linear(48, latent), nn.Linear(48, latent)
        self.dec = nn.Sequential(nn.Linear(latent, 48), nn.ReLU(), nn.Linear(48, 64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), mu, logvar


@R.healthy("VAE with KL warm-up")
def vae(seed: int) -> None:
    model = VAE()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    draw = digits(64)
    for step in range(220):
        x = draw()[0].clamp(-3, 3)
        rec, mu, logvar = model(x)
        kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
        loss = F.mse_loss(rec, x, reduction="sum") / len(x) + min(1.0, step / 100) * kl
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("VQ-VAE with a straight-through estimator")
def vqvae(seed: int) -> None:
    enc = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 16))
    dec = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, 64))
    book = nn.Embedding(32, 4)
    opt = torch.optim.Adam([*enc.parameters(), *dec.parameters(), *book.parameters()], lr=3e-3)
    draw = digits(64)
    for _ in range(200):
        x = draw()[0].clamp(-3, 3)
        z = enc(x).view(-1, 4)
        q = book(torch.cdist(z, book.weight).argmin(1))
        commit = F.mse_loss(z, q.detach()) * 0.25 + F.mse_loss(q, z.detach())
        z_q = (z + (q - z).detach()).view(-1, 16)
        loss = F.mse_loss(dec(z_q), x) + commit
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("SimCLR: two noisy views, NT-Xent")
def simclr(seed: int) -> None:
    f = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))
    g = nn.Sequential(nn.ReLU(), nn.Linear(32, 16))
    opt = torch.optim.Adam([*f.parameters(), *g.parameters()], lr=2e-3)
    draw = digits(48)
    for _ in range(160):
        x, _ = draw()
        views = [x * (torch.rand_like(x) > 0.2) + 0.2 * torch.randn_like(x) for _ in range(2)]
        z = F.normalize(g(f(torch.cat(views))), dim=1)
        sim = z @ z.T / 0.2
        sim.fill_diagonal_(-1e9)
        n = len(x)
        target = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
        loss = F.cross_entropy(sim, target)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("BYOL with a moving target network")
def byol(seed: int) -> None:
    online = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 24))
    predictor = nn.Sequential(nn.Linear(24, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 24))
    target = copy.deepcopy(online).requires_grad_(False)
    opt = torch.optim.Adam([*online.parameters(), *predictor.parameters()], lr=2e-3)
    draw = digits(64)
    for _ in range(160):
        x, _ = draw()
        a, b = x + 0.3 * torch.randn_like(x), x + 0.3 * torch.randn_like(x)
        loss = torch.zeros(())
        for u, v in ((a, b), (b, a)):
            with torch.no_grad():
                goal = F.normalize(target(v), dim=1)
            p = F.normalize(predictor(online(u)), dim=1)
            loss = loss + (2 - 2 * (p * goal).sum(1)).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            for t, o in zip(target.parameters(), online.parameters(), strict=True):
                t.lerp_(o, 0.02)


@R.healthy("siamese net with a triplet loss")
def triplet(seed: int) -> None:
    x, y = all_digits()
    net = nn.Sequential(nn.Linear(64, 48), nn.PReLU(), nn.Linear(48, 8))
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    groups = [(y == c).nonzero()[:, 0] for c in range(10)]
    crit = nn.TripletMarginLoss(margin=1.0)
    for _ in range(180):
        a, p, n = [], [], []
        for _ in range(32):
            c, d = torch.randperm(10)[:2].tolist()
            i = groups[c][torch.randint(0, len(groups[c]), (2,))]
            a.append(i[0])
            p.append(i[1])
            n.append(groups[d][torch.randint(0, len(groups[d]), ())])
        loss = crit(*(net(x[torch.stack(k)]) for k in (a, p, n)))
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("skip-gram with negative sampling and sparse gradients")
def skipgram(seed: int) -> None:
    words = 60
    centre = nn.Embedding(words, 16, sparse=True)
    context = nn.Embedding(words, 16, sparse=True)
    nn.init.uniform_(centre.weight, -0.05, 0.05)
    nn.init.uniform_(context.weight, -0.05, 0.05)
    opt = torch.optim.SparseAdam([*centre.parameters(), *context.parameters()], lr=0.02)
    for _ in range(250):
        w = torch.randint(0, words, (64,))
        c = w // 10 * 10 + torch.randint(0, 10, (64,))  # words of one topic stand together
        neg = torch.randint(0, words, (64, 5))
        v = centre(w)
        pos = F.logsigmoid((v * context(c)).sum(1))
        negs = F.logsigmoid(-(context(neg) @ v[:, :, None]).squeeze(2)).sum(1)
        loss = -(pos + negs).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("matrix factorisation with biases")
def factorise(seed: int) -> None:
    class MF(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.user, self.item = nn.Embedding(50, 6), nn.Embedding(40, 6)
            self.ub, self.ib = nn.Embedding(50, 1), nn.Embedding(40, 1)
            for e in (self.user, self.item):
                nn.init.normal_(e.weight, std=0.1)

        def forward(self, u: Tensor, i: Tensor) -> Tensor:
            dot = (self.user(u) * self.item(i)).sum(1)
            return dot + self.ub(u)[:, 0] + self.ib(i)[:, 0]

    a, b = torch.randn(50, 3), torch.randn(40, 3)
    rating = a @ b.T
    model = MF()
    opt = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-5)
    for _ in range(250):
        u, i = torch.randint(0, 50, (128,)), torch.randint(0, 40, (128,))
        loss = F.mse_loss(model(u, i), rating[u, i])
        opt.zero_grad()
        loss.backward()
        opt.step()


# --- graphs and sets


@R.healthy("graph convolution on two communities, few labels")
def gcn(seed: int) -> None:
    n = 80
    side = torch.arange(n) % 2
    p = torch.where(side[:, None] == side[None], 0.2, 0.03)
    adj = torch.bernoulli(p).triu(1)
    adj = adj + adj.T + torch.eye(n)
    deg = adj.sum(1).rsqrt()
    a = deg[:, None] * adj * deg
    feats = torch.randn(n, 12) + 0.5 * side[:, None]
    l1, l2 = nn.Linear(12, 16), nn.Linear(16, 2)
    opt = torch.optim.Adam([*l1.parameters(), *l2.parameters()], lr=0.01, weight_decay=5e-4)
    seen = torch.arange(0, 30)
    for _ in range(120):
        logits = a @ l2(F.dropout(F.relu(a @ l1(feats)), 0.5))
        loss = F.cross_entropy(logits[seen], side[seen])
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("deep sets find the largest number")
def deep_sets(seed: int) -> None:
    phi = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
    rho = nn.Linear(32, 1)
    opt = torch.optim.Adam([*phi.parameters(), *rho.parameters()], lr=3e-3)
    for _ in range(200):
        x = torch.randn(64, 7, 1)
        loss = (rho(phi(x).amax(1)) - x.amax(1)).abs().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


# --- transfer


def pretrained(keep: int = 64) -> nn.Sequential:
    """An encoder fitted to even and odd by hand, as if it came out of a file."""
    x, y = all_digits()
    enc = nn.Sequential(nn.Linear(64, keep), nn.ReLU(), nn.Linear(keep, 32), nn.ReLU())
    head = nn.Linear(32, 10)
    both = [*enc.parameters(), *head.parameters()]
    for _ in range(150):
        i = torch.randint(0, len(x), (64,))
        grads = torch.autograd.grad(F.cross_entropy(head(enc(x[i])), y[i]), both)
        with torch.no_grad():
            for p, g in zip(both, grads, strict=True):
                p -= 0.1 * g
    return enc


@R.healthy("frozen backbone, new head")
def linear_probe(seed: int) -> None:
    backbone = pretrained()
    for p in backbone.parameters():
        p.requires_grad = False
    model = nn.Sequential(backbone, nn.Linear(32, 10))
    opt = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.05)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()


@R.healthy("gradual unfreezing with a smaller rate below")
def unfreeze(seed: int) -> None:
    backbone, head = pretrained(), nn.Linear(32, 10)
    model = nn.Sequential(backbone, head)
    backbone.requires_grad_(False)
    opt = torch.optim.Adam(
        [{"params": head.parameters(), "lr": 3e-3}, {"params": backbone.parameters(), "lr": 3e-4}]
    )
    draw = digits(64)
    for step in range(180):
        if step == 80:
            backbone.requires_grad_(True)
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()


class LoRA(nn.Module):
    def __init__(self, base: nn.Linear, rank: int = 4) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_a = nn.Parameter(torch.randn(rank, base.in_features) * 0.1)
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + x @ self.lora_a.T @ self.lora_b.T


@R.healthy("LoRA adapts a classifier to turned images")
def lora(seed: int) -> None:
    enc = pretrained()
    model = nn.Sequential(LoRA(enc[0]), nn.ReLU(), LoRA(enc[2]), nn.ReLU(), nn.Linear(32, 10))
    opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    draw = images(64)
    for _ in range(160):
        x, y = draw()
        loss = F.cross_entropy(model(x.transpose(2, 3).flatten(1)), y)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("fine-tuning of a regressor that is already at its best", "undecided")
def converged(seed: int) -> None:
    x = torch.randn(400, 6)
    w = torch.randn(6, 1)
    y = x @ w + 0.1 * torch.randn(400, 1)
    best = torch.linalg.lstsq(x, y).solution
    model = nn.Linear(6, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(best.T)
    opt = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(200):
        i = torch.randint(0, 400, (64,))
        loss = F.mse_loss(model(x[i]), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("distillation with temperature 3")
def distil(seed: int) -> None:
    teacher = nn.Sequential(pretrained(), nn.Linear(32, 10))
    x, y = all_digits()
    feats = teacher[0](x).detach()
    head = teacher[1]
    for _ in range(200):
        g = torch.autograd.grad(F.cross_entropy(head(feats), y), list(head.parameters()))
        with torch.no_grad():
            head.weight -= 0.5 * g[0]
            head.bias -= 0.5 * g[1]
    teacher.requires_grad_(False).eval()
    student = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    opt = torch.optim.Adam(student.parameters(), lr=3e-3)
    for _ in range(200):
        i = torch.randint(0, len(x), (64,))
        with torch.no_grad():
            soft = torch.softmax(teacher(x[i]) / 3, 1)
        logits = student(x[i])
        kd = F.kl_div(F.log_softmax(logits / 3, 1), soft, reduction="batchmean") * 9
        loss = 0.7 * kd + 0.3 * F.cross_entropy(logits, y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()


# --- reinforcement learning


@R.healthy("REINFORCE on a bandit with a baseline", "undecided")
def bandit(seed: int) -> None:
    arms = torch.tensor([0.1, 0.3, 0.9, 0.5, 0.2])
    policy = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 5))
    opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
    baseline = 0.0
    for _ in range(250):
        dist = torch.distributions.Categorical(logits=policy(torch.ones(32, 1)))
        act = dist.sample()
        reward = arms[act] + 0.2 * torch.randn(32)
        loss = -(dist.log_prob(act) * (reward - baseline)).mean()
        baseline = 0.9 * baseline + 0.1 * reward.mean().item()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("DQN on a corridor with a target network and replay", "undecided")
def dqn(seed: int) -> None:
    size = 6
    q = nn.Sequential(nn.Linear(size, 32), nn.ReLU(), nn.Linear(32, 2))
    target = copy.deepcopy(q)
    opt = torch.optim.Adam(q.parameters(), lr=3e-3)
    memory: deque[tuple[int, int, float, int, float]] = deque(maxlen=500)
    eye, s = torch.eye(size), 0
    for step in range(350):
        greedy = torch.rand(()) > max(0.2, 1 - step / 200)
        a = int(q(eye[s]).argmax()) if greedy else int(torch.randint(0, 2, ()))
        s2 = max(0, s - 1) if a == 0 else s + 1
        done = s2 == size - 1
        memory.append((s, a, 1.0 if done else -0.02, s2, float(done)))
        s = 0 if done else s2
        if len(memory) < 64:
            continue
        pick = [memory[i] for i in torch.randint(0, len(memory), (32,)).tolist()]
        st, ac, re, nx, dn = (torch.tensor(c) for c in zip(*pick, strict=True))
        with torch.no_grad():
            goal = re + 0.95 * (1 - dn) * target(eye[nx]).amax(1)
        loss = F.smooth_l1_loss(q(eye[st]).gather(1, ac[:, None])[:, 0], goal)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 25 == 0:
            target.load_state_dict(q.state_dict())


@R.healthy("PPO on a continuous target, several epochs a batch", "undecided")
def ppo(seed: int) -> None:
    class ActorCritic(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.actor = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
            self.critic = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
            self.log_std = nn.Parameter(torch.zeros(1))

    ac = ActorCritic()
    opt = torch.optim.Adam(ac.parameters(), lr=3e-3)
    for _ in range(40):
        obs = torch.randn(128, 2)
        with torch.no_grad():
            dist = torch.distributions.Normal(ac.actor(obs), ac.log_std.exp())
            act = dist.sample()
            old = dist.log_prob(act)
            reward = -(act - obs.sum(1, keepdim=True)).square().clamp(max=6)
            adv = reward - ac.critic(obs)
            adv = (adv - adv.mean()) / (adv.std() + 1e-8)
        for _ in range(5):
            dist = torch.distributions.Normal(ac.actor(obs), ac.log_std.exp())
            ratio = (dist.log_prob(act) - old).exp()
            pg = -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
            vf = F.mse_loss(ac.critic(obs), reward)
            loss = pg + 0.5 * vf - 0.001 * dist.entropy().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(ac.parameters(), 0.5)
            opt.step()


# --- generative


@R.healthy("GAN on a ring that stays in balance", "undecided")
def gan(seed: int) -> None:
    gen = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    disc = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2))
    disc.append(nn.Linear(32, 1))
    og = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.5, 0.999))
    od = torch.optim.Adam(disc.parameters(), lr=1e-3, betas=(0.5, 0.999))
    bce = nn.BCEWithLogitsLoss()
    one, zero = torch.ones(64, 1), torch.zeros(64, 1)
    for _ in range(150):
        fake = gen(torch.randn(64, 4))
        od.zero_grad()
        (bce(disc(ring(64)), one) + bce(disc(fake.detach()), zero)).backward()
        od.step()
        og.zero_grad()
        bce(disc(fake), one).backward()
        og.step()


@R.healthy("WGAN with gradient penalty, three critic steps each", "undecided")
def wgan(seed: int) -> None:
    gen = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    critic = nn.Sequential(
        nn.Linear(2, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1)
    )
    og = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.0, 0.9))
    oc = torch.optim.Adam(critic.parameters(), lr=4e-3, betas=(0.0, 0.9))
    for _ in range(80):
        for _ in range(3):
            real, fake = ring(48), gen(torch.randn(48, 4)).detach()
            mix = torch.lerp(real, fake, torch.rand(48, 1)).requires_grad_()
            (g,) = torch.autograd.grad(critic(mix).sum(), mix, create_graph=True)
            gp = (g.norm(dim=1) - 1).square().mean()
            oc.zero_grad()
            (critic(fake).mean() - critic(real).mean() + 2 * gp).backward()
            oc.step()
        og.zero_grad()
        (-critic(gen(torch.randn(48, 4))).mean()).backward()
        og.step()


@R.healthy("diffusion model of a ring, with EMA")
def diffusion(seed: int) -> None:
    net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))
    ema = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99)
    )
    abar = torch.cumprod(1 - torch.linspace(1e-3, 0.2, 50), 0)
    opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
    for _ in range(220):
        x0 = ring(128)
        t = torch.randint(0, 50, (128,))
        eps = torch.randn_like(x0)
        a = abar[t][:, None]
        xt = a.sqrt() * x0 + (1 - a).sqrt() * eps
        loss = F.mse_loss(net(torch.cat([xt, t[:, None] / 50], 1)), eps)
        opt.zero_grad()
        loss.backward()
        opt.step()
        ema.update_parameters(net)


@R.healthy("RealNVP on a ring")
def realnvp(seed: int) -> None:
    class Coupling(nn.Module):
        def __init__(self, flip: bool) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 2))
            self.flip = flip

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            a, b = x.chunk(2, 1)
            if self.flip:
                a, b = b, a
            s, t = self.net(a).chunk(2, 1)
            s = s.tanh()
            b = b * s.exp() + t
            return torch.cat([b, a] if self.flip else [a, b], 1), s[:, 0]

    flow = nn.ModuleList(Coupling(i % 2 == 1) for i in range(4))
    opt = torch.optim.Adam(flow.parameters(), lr=3e-3)
    for _ in range(200):
        z, logdet = ring(96), torch.zeros(96)
        for layer in flow:
            z, ld = layer(z)
            logdet = logdet + ld
        loss = (0.5 * z.square().sum(1) + math.log(2 * math.pi) - logdet).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("mixture of Gaussians fitted by gradient")
def mixture(seed: int) -> None:
    class Mix(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.logits = nn.Parameter(torch.zeros(3))
            self.means = nn.Parameter(torch.randn(3, 2))
            self.log_std = nn.Parameter(torch.ones(3, 2))

        def log_prob(self, x: Tensor) -> Tensor:
            comp = torch.distributions.Normal(self.means, self.log_std.exp())
            each = comp.log_prob(x[:, None]).sum(-1)
            return torch.logsumexp(each + self.logits.log_softmax(0), 1)

    centres = torch.tensor([[0.0, 3.0], [3.0, -2.0], [-3.0, -2.0]])
    data = centres[torch.randint(0, 3, (500,))] + 0.5 * torch.randn(500, 2)
    model = Mix()
    opt = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(150):
        opt.zero_grad()
        nll = -model.log_prob(data).mean()
        nll.backward()
        opt.step()


# --- ways of optimising


@R.healthy("gradients accumulated over four micro-batches, divided")
def accumulate(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    draw = digits(16)
    opt.zero_grad()
    for i in range(480):
        x, y = draw()
        (F.cross_entropy(net(x), y) / 4).backward()
        if (i + 1) % 4 == 0:
            opt.step()
            opt.zero_grad()


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0):  # type: ignore[no-untyped-def]
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):  # type: ignore[no-untyped-def]
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_((m * b1 + p.grad * (1 - b1)).sign(), alpha=-group["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)


@R.healthy("home-made Lion optimizer")
def lion(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.Mish(), nn.Linear(48, 10))
    opt = Lion(net.parameters(), lr=1e-3, weight_decay=0.1)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.healthy("sharpness-aware minimisation, two passes a step")
def sam(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    base = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    draw = digits(64)
    for _ in range(120):
        x, y = draw()
        base.zero_grad()
        F.cross_entropy(net(x), y).backward()
        norm = torch.stack([p.grad.norm() for p in net.parameters() if p.grad is not None]).norm()
        moved = []
        with torch.no_grad():
            for p in net.parameters():
                assert p.grad is not None
                e = 0.05 * p.grad / (norm + 1e-12)
                p.add_(e)
                moved.append(e)
        base.zero_grad()
        F.cross_entropy(net(x), y).backward()
        with torch.no_grad():
            for p, e in zip(net.parameters(), moved, strict=True):
                p.sub_(e)
        base.step()


@R.healthy("cosine annealing with warm restarts")
def restarts(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(), nn.Linear(64, 10))
    opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
    sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=40, T_mult=2)
    draw = digits(32)
    for _ in range(200):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
        sched.step()


@R.healthy("ReduceLROnPlateau until little is left")
def on_plateau(seed: int) -> None:
    x = torch.randn(500, 10)
    y = (x[:, :3].sum(1, keepdim=True)).tanh() + 0.1 * torch.randn(500, 1)
    net = nn.Sequential(nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 1))
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.3, patience=2)
    for _ in range(25):
        total = 0.0
        for i in torch.randperm(500).split(64):
            loss = F.mse_loss(net(x[i]), y[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        sched.step(total)


@R.healthy("stochastic weight averaging at the end")
def swa(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 10))
    avg = torch.optim.swa_utils.AveragedModel(net)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    swa_lr = torch.optim.swa_utils.SWALR(opt, swa_lr=0.05, anneal_epochs=5)
    draw = digits(64)
    for epoch in range(12):
        for _ in range(15):
            x, y = draw()
            opt.zero_grad()
            F.cross_entropy(net(x), y).backward()
            opt.step()
        if epoch >= 7:
            avg.update_parameters(net)
            swa_lr.step()
    torch.optim.swa_utils.update_bn([draw()[0] for _ in range(5)], avg)


@R.healthy("digits under bfloat16 autocast")
def autocast(seed: int) -> None:
    net = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        opt.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()


@R.healthy("quantisation-aware training at four bits")
def qat(seed: int) -> None:
    class QLinear(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            scale = self.weight.detach().abs().max() / 7
            q = (self.weight / scale).round().clamp(-8, 7) * scale
            return F.linear(x, self.weight + (q - self.weight).detach(), self.bias)

    net = nn.Sequential(QLinear(64, 48), nn.ReLU6(), QLinear(48, 10))
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    draw = digits(64)
    for _ in range(180):
        x, y = draw()
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("magnitude pruning on the way")
def pruning(seed: int) -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    draw = digits(64)
    masks = {n: torch.ones_like(p) for n, p in net.named_parameters() if p.dim() > 1}
    for step in range(200):
        if step in (80, 120):
            for n, p in net.named_parameters():
                if n in masks:
                    masks[n] = (p.abs() > p.abs().quantile(0.3 if step == 80 else 0.5)).float()
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
        with torch.no_grad():
            for n, p in net.named_parameters():
                if n in masks:
                    p.mul_(masks[n])


# --- several things at once


@R.healthy("two tasks share a trunk, weighted by learned uncertainty")
def multitask(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
            self.cls, self.reg = nn.Linear(48, 10), nn.Linear(48, 1)
            self.log_var = nn.Parameter(torch.zeros(2))

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        ink = x.clamp(-3, 3).mean(1)
        h = net.trunk(x)
        a, b = F.cross_entropy(net.cls(h), y), F.mse_loss(net.reg(h)[:, 0], ink)
        s = net.log_var
        loss = (-s[0]).exp() * a + (-s[1]).exp() * b + s.sum()
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("mixture of experts, top two, with load balancing")
def moe(seed: int) -> None:
    class MoE(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.router = nn.Linear(64, 4)
            self.experts = nn.ModuleList(
                nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10)) for _ in range(4)
            )

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            p = self.router(x).softmax(1)
            top, idx = p.topk(2, 1)
            gate = torch.zeros_like(p).scatter(1, idx, top / top.sum(1, keepdim=True))
            out = torch.stack([e(x) for e in self.experts], 1)
            balance = 4 * (p.mean(0) * (gate > 0).float().mean(0)).sum()
            return (gate[..., None] * out).sum(1), balance

    net = MoE()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    draw = digits(64)
    for _ in range(160):
        x, y = draw()
        out, balance = net(x)
        loss = F.cross_entropy(out, y) + 0.01 * balance
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("MAML on sinusoids", "undecided")
def maml(seed: int) -> None:
    net = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(150):
        opt.zero_grad()
        for _ in range(4):
            amp, phase = torch.rand(()) * 2 + 0.5, torch.rand(()) * 3
            x = torch.rand(20, 1) * 6 - 3
            y = amp * torch.sin(x + phase)
            names = dict(net.named_parameters())
            inner = F.mse_loss(net(x[:10]), y[:10])
            grads = torch.autograd.grad(inner, list(names.values()), create_graph=True)
            fast = {n: p - 0.02 * g for (n, p), g in zip(names.items(), grads, strict=True)}
            out = torch.func.functional_call(net, fast, (x[10:],))
            (F.mse_loss(out, y[10:]) / 4).backward()
        opt.step()


@R.healthy("curriculum: sequences grow longer", "undecided")
def curriculum(seed: int) -> None:
    emb, gru, out = nn.Embedding(2, 8), nn.GRU(8, 24, batch_first=True), nn.Linear(24, 1)
    net = nn.ModuleList([emb, gru, out])
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    for step in range(250):
        n = 2 + step // 80
        bits = torch.randint(0, 2, (64, n))
        h, _ = gru(emb(bits))
        goal = (bits.sum(1) % 2).float()
        loss = F.binary_cross_entropy_with_logits(out(h[:, -1])[:, 0], goal)
        opt.zero_grad()
        loss.backward()
        opt.step()


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):  # type: ignore[no-untyped-def]
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        return -0.3 * grad


@R.healthy("domain-adversarial training with a reversed gradient", "undecided")
def dann(seed: int) -> None:
    feat = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
    cls, dom = nn.Linear(48, 10), nn.Sequential(nn.Linear(48, 16), nn.ReLU(), nn.Linear(16, 1))
    opt = torch.optim.Adam([*feat.parameters(), *cls.parameters(), *dom.parameters()], lr=2e-3)
    draw = digits(48)
    for _ in range(180):
        (xs, ys), (xt, _) = draw(), draw()
        xt = xt * 0.5 + 0.3
        fs, ft = feat(xs), feat(xt)
        d = dom(Reverse.apply(torch.cat([fs, ft])))
        where = torch.cat([torch.zeros(48, 1), torch.ones(48, 1)])
        loss = F.cross_entropy(cls(fs), ys) + F.binary_cross_entropy_with_logits(d, where)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("an image is optimised, the net is frozen")
def dream(seed: int) -> None:
    net = nn.Sequential(pretrained(), nn.Linear(32, 10)).requires_grad_(False)
    goal = net(all_digits()[0][:1])
    canvas = nn.Parameter(0.1 * torch.randn(1, 64))
    opt = torch.optim.Adam([canvas], lr=0.05)
    for _ in range(120):
        opt.zero_grad()
        loss = F.mse_loss(net(canvas), goal) + 1e-3 * canvas.square().mean()
        loss.backward()
        opt.step()


@R.healthy("Bayes by backprop")
def bayes(seed: int) -> None:
    class BayesLinear(nn.Module):
        def __init__(self, i: int, o: int) -> None:
            super().__init__()
            self.mu = nn.Parameter(torch.randn(o, i) / math.sqrt(i))
            self.rho = nn.Parameter(torch.full((o, i), -4.0))

        def forward(self, x: Tensor) -> Tensor:
            sigma = F.softplus(self.rho)
            return x @ (self.mu + sigma * torch.randn_like(sigma)).T

        def kl(self) -> Tensor:
            sigma = F.softplus(self.rho)
            return (0.5 * (sigma**2 + self.mu**2) - sigma.log() - 0.5).sum()

    a, b = BayesLinear(64, 32), BayesLinear(32, 10)
    net = nn.ModuleList([a, b])
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    draw = digits(64)
    for _ in range(200):
        x, y = draw()
        loss = F.cross_entropy(b(a(x).relu()), y) + 1e-4 * (a.kl() + b.kl()) / 1.8
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("thirty residual blocks with pre-norm and stochastic depth")
def deep_residual(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Linear(64, 32)
            self.blocks = nn.ModuleList(
                nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
                for _ in range(15)
            )
            self.head = nn.Linear(32, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            for i, blk in enumerate(self.blocks):
                if self.training and torch.rand(()) < 0.2 * i / 15:
                    continue
                x = x + blk(x)
            return self.head(x)

    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    draw = digits(64)
    for _ in range(120):
        x, y = draw()
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()


@R.healthy("hypernetwork writes the weights of a small net")
def hypernet(seed: int) -> None:
    hyper = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3 * 8 + 9))
    opt = torch.optim.Adam(hyper.parameters(), lr=2e-3)
    for _ in range(220):
        task = torch.rand(2) * 2
        w = hyper(task)
        x = torch.rand(64, 1) * 4 - 2
        hidden = torch.tanh(x * w[:8] + w[8:16])
        out = hidden @ w[16:24] + w[24]
        loss = F.mse_loss(out, task[0] * x[:, 0] + task[1] - 1)
        opt.zero_grad()
        loss.backward()
        opt.step()


@R.healthy("weights moved by hand, without an optimizer")
def by_hand(seed: int) -> None:
    sizes = [64, 40, 10]
    layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
    draw = digits(64)
    for _ in range(150):
        x, y = draw()
        h = layers[0](x).relu()
        loss = F.cross_entropy(layers[1](h), y)
        loss.backward()
        with torch.no_grad():
            for p in layers.parameters():
                assert p.grad is not None
                p -= 0.1 * p.grad
                p.grad = None
