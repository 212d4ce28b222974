"""What a program prints and how it ends, watched and not."""

import ast
import re
from pathlib import Path

import pytest

import gradtui
from gradtui.inject import OVERHEAD
from tests.inject.watched import finish, start

ERRORS = """
import sys, traceback, torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
sgd = torch.optim.SGD(net.parameters(), 0.1)
lbfgs = torch.optim.LBFGS(net.parameters(), 0.1)
def train():
    sgd.zero_grad()
    net(torch.ones(2, 4)).sum().backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    sgd.step()
def closure():
    raise OSError("in a closure")
class Hard(nn.Linear):
    def __init__(self):
        super().__init__(2, 2, colour=3)
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1
    @staticmethod
    def backward(ctx, grad):
        raise ArithmeticError("in backward")
def wrong():
    net(torch.ones(2, 5))
def none():
    torch.ones(1).backward()
def within():
    Twice.apply(net(torch.ones(2, 4))).sum().backward()
def grads():
    torch.autograd.grad(torch.ones(1), [net[0].weight])
def empty():
    torch.optim.Adam([])
def clip():
    nn.utils.clip_grad_norm_(net.parameters(), "much")
def step():
    lbfgs.step(closure)
def plain():
    nn.Module(3)
def train_and_fail():
    for each in (wrong, none, within, grads, empty, clip, step, Hard, plain):
        train()
        try:
            each()
        except BaseException:
            print(traceback.format_exc())
for _ in range(4):
    train_and_fail()
wrong()
"""

THREADS = """
import hashlib, threading, torch
from torch import nn
torch.set_num_threads(1)
found = {}
def train(seed):
    draw = torch.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1))
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=draw) * 0.3)
    kind = torch.optim.SGD if seed % 2 else torch.optim.Adam
    optimizer = kind(net.parameters(), lr=0.01 * (seed + 1))
    x, y = torch.randn(16, 6, generator=draw), torch.randn(16, 1, generator=draw)
    for step in range(40 + seed):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
    weights = b"".join(p.detach().numpy().tobytes() for p in net.parameters())
    found[seed] = hashlib.sha256(weights).hexdigest(), loss.item()
threads = [threading.Thread(target=train, args=(seed,)) for seed in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(found.items()))
"""


def told(said: tuple[str, str]) -> tuple[str, ...]:
    """Without the line of torch by which it calls a module: a watched one is called by another."""
    return tuple(re.sub(r"line \d+, in _wrapped_call_impl\n.*\n[ ^]*\n", "", s) for s in said)


@pytest.mark.slow
def test_tracebacks_have_the_programs_own_frames(tmp_path: Path) -> None:
    (tmp_path / "errors.py").write_text(ERRORS)
    words = str(tmp_path / "errors.py")
    # With hardly a budget most of the calls are handed on.
    for name, extra in (("a", {}), ("b", {OVERHEAD: "0.0001"})):
        watched = told(finish(start(tmp_path / name, words, **extra), 1))
        assert "gradtui" not in watched[0] + watched[1]
        if name == "a":
            bare = told(finish(start(tmp_path / "bare", words, watch=False), 1))
        assert watched == bare


@pytest.mark.long
@pytest.mark.slow
def test_threads_that_train_are_one_run(tmp_path: Path) -> None:
    watched = finish(start(tmp_path / "a", "-c", THREADS))
    assert watched == finish(start(tmp_path / "b", "-c", THREADS, watch=False))
    run = gradtui.open_run(tmp_path / "a" / "run")
    assert run.state == "ended"
    assert len(list((tmp_path / "a" / "run").glob("run*.json"))) == 1
    count = 4 * 40 + 1 + 2 + 3
    assert sorted(run.steps.tolist()) == list(range(count))
    numbers = run.scalars["optimizer"].tolist()
    assert sorted(numbers.count(n) for n in set(numbers)) == [40, 41, 42, 43]
    for number in set(numbers):
        rates = {rate for rate, n in zip(run.lr.tolist(), numbers, strict=True) if n == number}
        assert len(rates) == 1
        (rate,) = rates
        seed = round(rate / 0.01) - 1
        assert numbers.count(number) == 40 + seed
    last = {round(rate / 0.01) - 1: loss for rate, loss in zip(run.lr, run.loss, strict=True)}
    for seed, (_, loss) in ast.literal_eval(watched[0]):
        assert abs(last[seed] - loss) < 1e-6
