"""A program that is examined at every step computes what it computes without, to the bit."""

import os
import random
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gradtui.nan_trace.call_recorder import CallRecorder
from gradtui.nan_trace.examination import examine
from tests.nan_trace.broken import WIDTH, Do, zero


class Stateful(nn.Module):
    """Remembers its calls in every way that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH), nn.Dropout(0.4))
        self.head = nn.Linear(WIDTH, 3)
        self.frozen = nn.Parameter(torch.zeros(3), requires_grad=False)
        self.calls, self.seen, self.last = 0, [], {"x": None}  # type: ignore[var-annotated]
        self.mean = torch.zeros(WIDTH)
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.steps += 1
        self.seen.append(float(x.mean()))
        self.last["x"] = x
        self.mean.mul_(0.9).add_(x.detach().mean(0))
        with torch.no_grad():
            self.frozen.add_(1)
        x.add_(random.random() + np.random.rand())  # changes what it was given
        out = self.head(self.body(x))
        self.aux = out.square().mean()
        return out + torch.randn(3) + self.frozen


class Breaks(nn.Module):
    """Finite until its third call, then not."""

    def __init__(self, fault: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.fault, self.first, self.count = fault, nn.Linear(WIDTH, WIDTH), 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        x = self.first(x)
        return self.fault(x) if self.count > 2 else x


class Hooked(nn.Module):
    """With hooks on parameters, on backward passes and with a spectral norm."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.utils.parametrizations.spectral_norm(nn.Linear(WIDTH, WIDTH))
        self.b, self.count = nn.Linear(WIDTH, 3), {"parameter": 0, "module": 0}
        self.b.weight.register_hook(self._count)
        self.b.register_full_backward_hook(self._counted)

    def _count(self, grad: Tensor) -> Tensor:
        self.count["parameter"] += 1
        return grad * 0.5

    def _counted(self, *_: Any) -> None:
        self.count["module"] += 1

    def forward(self, x: Tensor) -> Tensor:
        return self.b(torch.relu_(self.a(x)))


class Saving(nn.Module):
    def __init__(self, *, reentrant: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Dropout(0.5), nn.ReLU(inplace=True))
        self.first, self.reentrant = nn.Linear(WIDTH, WIDTH), reentrant

    def forward(self, x: Tensor) -> Tensor:
        return checkpoint(self.body, self.first(x), use_reentrant=self.reentrant)


class Raising(nn.Module):
    """Cannot be run twice."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.fresh = nn.Linear(WIDTH, 3), True

    def forward(self, x: Tensor) -> Tensor:
        if not self.fresh:
            raise ValueError("once only")
        self.fresh = False
        return self.a(x)


NETS: dict[str, Callable[[], nn.Module]] = {
    "stateful": Stateful,
    "forward": lambda: nn.Sequential(Breaks(lambda x: zero(x).log()), nn.BatchNorm1d(WIDTH)),
    "backward": lambda: nn.Sequential(Breaks(lambda x: zero(x).sqrt()), nn.Dropout(0.5)),
    "hooked": Hooked,
    "checkpoint": lambda: Saving(reentrant=False),
    "reentrant": lambda: Saving(reentrant=True),
    "lstm": lambda: nn.Sequential(
        nn.LSTM(WIDTH, WIDTH, dropout=0.5, num_layers=2), Do(lambda s: s[0])
    ),
    "half": lambda: nn.Sequential(nn.Linear(WIDTH, WIDTH), Do(lambda x: x * 1e30)).bfloat16(),
    "raising": Raising,
}


def train(make: Callable[[], nn.Module], *, watched: bool) -> tuple[nn.Module, list[Any]]:
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)
    model = make()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    call_recorder, told = CallRecorder(), []
    if watched:
        call_recorder.watch([("", model)])
    dtype = next(model.parameters()).dtype
    for step in range(6):
        if isinstance(model, Raising):
            model.fresh = True
        optimizer.zero_grad()
        losses = [
            model(torch.randn(4, WIDTH).to(dtype)).float().square().mean()
            for _ in range(2 - isinstance(model, Raising))
        ]
        loss = torch.stack(losses).sum() + getattr(model, "aux", 0)
        loss.backward()
        if watched:
            before = [(id(p.grad), p._version) for p in model.parameters()]
            versions = [b._version for b in model.buffers()]
            examine(
                call_recorder.calls(), step, [float(loss.detach()), float("nan"), None][step % 3]
            )
            assert before == [(id(p.grad), p._version) for p in model.parameters()]
            assert versions == [b._version for b in model.buffers()]
        optimizer.step()
        call_recorder.over()
        told.append(loss.detach())
    call_recorder.close()
    return model, told


def facts(model: nn.Module, told: list[Any]) -> list[bytes]:
    tensors = [*model.state_dict().values(), *told]
    tensors += [p.grad for p in model.parameters() if p.grad is not None]
    tensors.append(torch.get_rng_state())
    out = [t.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() for t in tensors]
    out.append(repr((random.getstate(), np.random.get_state())).encode())
    flags = [(m.training, sorted(vars(m))) for m in model.modules()]
    hooks = [
        [len(vars(m)[word]) for word in sorted(vars(m)) if word.endswith("_hooks")]
        for m in model.modules()
    ]
    wanted = [(p.requires_grad, len(p._backward_hooks or ())) for p in model.parameters()]
    state = [getattr(model, word, None) for word in ("calls", "count", "seen", "fresh")]
    return [*out, repr((flags, hooks, wanted, state)).encode()]


@pytest.mark.parametrize("name", NETS)
def test_nothing_changes(name: str) -> None:
    with_it, without = (facts(*train(NETS[name], watched=watched)) for watched in (True, False))
    assert with_it == without


def test_what_a_failed_run_says() -> None:
    model = Raising()
    call_recorder = CallRecorder()
    call_recorder.watch([("", model)])
    model(torch.randn(2, WIDTH)).sum().backward()
    found = examine(call_recorder.calls(), 4, float("nan"))
    call_recorder.close()
    assert not found.reproduced
    assert "once only" in found.words
    assert not model.fresh


class TimedOutError(Exception):
    pass


class Slow(Raising):
    """A signal comes while it runs once more."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.fresh:
            self.eval()
            os.kill(os.getpid(), signal.SIGUSR1)
        self.fresh = False
        return self.a(x)


def test_what_a_signal_raises_reaches_the_program_and_all_is_put_back() -> None:
    def late(number: int, frame: Any) -> None:
        raise TimedOutError

    model, call_recorder = Slow(), CallRecorder()
    call_recorder.watch([("", model)])
    model(torch.randn(2, WIDTH)).sum().backward()
    before = signal.signal(signal.SIGUSR1, late)
    with pytest.raises(TimedOutError):
        examine(call_recorder.calls(), 4, float("nan"))
    signal.signal(signal.SIGUSR1, before)
    call_recorder.close()
    assert model.training
    assert not model.fresh


def test_a_retained_graph_can_be_used_afterwards() -> None:
    """In-place changes of buffers or parameters would make its second backward raise."""
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH), nn.Linear(WIDTH, 1))
    call_recorder = CallRecorder()
    call_recorder.watch([("", model)])
    loss = model(torch.randn(4, WIDTH)).sum()
    loss.backward(retain_graph=True)
    assert examine(call_recorder.calls(), 0, float("nan")).tensor == "loss"
    loss.backward()
    call_recorder.close()


def test_nothing_is_held_on_to() -> None:
    import gc
    import weakref

    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), Do(lambda x: zero(x).sqrt()))
    call_recorder = CallRecorder()
    call_recorder.watch([("", model)])
    x = torch.randn(4, WIDTH)
    model(x).sum().backward()
    assert examine(call_recorder.calls(), 0, 1.0).phase == "backward"
    refs = [weakref.ref(one) for one in (x, model[0])]
    call_recorder.over()
    del x
    model(torch.randn(4, WIDTH))
    assert refs[0]() is None
    call_recorder.forget()
    del model
    gc.collect()
    assert refs[1]() is None
    assert call_recorder.calls() == []
