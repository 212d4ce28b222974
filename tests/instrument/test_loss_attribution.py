"""Which backward passes a step's loss is of, where there are several, or none."""

from collections.abc import Callable, Iterator
from math import isnan

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from gradtui.core.event import Started
from gradtui.core.wiring import LOST_BATCH
from gradtui.instrument import budget
from gradtui.instrument.loss_capture import LOST
from gradtui.instrument.watcher import Watcher
from gradtui.runstore.format.records import step_records
from tests.instrument.kept import Kept, recorded

STEPS = 3


@pytest.fixture
def kept() -> Iterator[Kept]:
    torch.manual_seed(0)
    yield from recorded(1e9)


@pytest.fixture(params=[1e9, 1e-6], ids=["in full", "scalars"])
def any_detail(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    torch.manual_seed(0)
    yield from recorded(request.param)


def told(sink: Kept) -> list[float]:
    """The loss of every step, however it was recorded."""
    found = {row[0]: row[2] for row in sink.rows.values()}
    found |= {s.step: s.loss for s in sink.snapshots}
    return [found[step] for step in sorted(found)]


class Part:
    """A net with an optimizer of its own."""

    def __init__(self, aim: float = 1.0) -> None:
        self.net, self.aim = nn.Linear(3, 1), aim
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01)

    def losses(self, count: int = 8) -> Tensor:
        """[count, 1]"""
        return (self.net(torch.randn(count, 3)) - self.aim).square()

    def loss(self) -> Tensor:
        return self.losses().mean()


def back(loss: Tensor) -> float:
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.item()


def test_each_of_two_optimizers_has_the_loss_that_reached_it(any_detail: Kept) -> None:
    one, other, truth = Part(1.0), Part(-9.0), []
    for _ in range(40):
        one.optimizer.zero_grad()
        other.optimizer.zero_grad()
        losses = back(one.loss()), back(other.loss())
        one.optimizer.step()
        other.optimizer.step()
        truth += losses
    assert told(any_detail) == truth


def test_a_loss_of_both_is_that_of_both(kept: Kept) -> None:
    one, other = Part(), Part()
    truth = []
    for _ in range(STEPS):
        truth += 2 * [back(one.loss() + other.loss())]
        for part in (one, other):
            part.optimizer.step()
            part.optimizer.zero_grad()
    assert told(kept) == truth


def test_a_penalty_on_one_of_many_tensors_counts(any_detail: Kept) -> None:
    """Few gradients are looked at: that none of them has changed is no sign where no other has."""
    part, truth = Part(), []
    part.net = nn.Sequential(*(nn.Linear(3, 3) for _ in range(6)), nn.Linear(3, 1))  # type: ignore[assignment]
    part.optimizer = torch.optim.SGD(part.net.parameters(), lr=1e-3)
    for _ in range(40):
        part.optimizer.zero_grad()
        weight = next(part.net.parameters())
        truth.append(back(part.loss()) + back(0.1 * weight.abs().sum()))
        part.optimizer.step()
    assert told(any_detail) == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("how", ["missing", "zero", "by hand"])
def test_a_batch_that_is_given_up_is_no_part_of_the_next_step(any_detail: Kept, how: str) -> None:
    """Its gradients were cleared, and no step was taken; another optimizer has some of its own."""
    one, other, truth = Part(), Part(), []
    back(other.loss())
    other.optimizer.step()
    truth.append(told(any_detail)[0])
    for k in range(40):
        spoilt = k % 3 == 1
        loss = back(one.loss() * (float("nan") if spoilt else 1.0))
        if spoilt:
            for p in one.net.parameters() if how == "by hand" else ():
                p.grad = None
            if how != "by hand":
                one.optimizer.zero_grad(set_to_none=how == "missing")
            continue
        one.optimizer.step()
        one.optimizer.zero_grad()
        truth.append(loss)
    assert told(any_detail) == truth


def test_gradients_that_are_taken_away_in_the_pass_are_no_sign(kept: Kept) -> None:
    """As where a library moves them into buffers of its own: all micro-batches count."""
    one, truth = Part(), []
    kept_aside: dict[nn.Parameter, Tensor] = {}

    def take(p: nn.Parameter) -> None:
        assert p.grad is not None
        kept_aside[p] = kept_aside.get(p, torch.zeros(())) + p.grad
        p.grad = None

    for parameter in one.net.parameters():
        parameter.register_post_accumulate_grad_hook(take)
    for _ in range(STEPS):
        truth.append((back(one.loss()) + back(one.loss())) / 2)
        for p, grad in kept_aside.items():
            p.grad = grad
        one.optimizer.step()
        one.optimizer.zero_grad()
        kept_aside.clear()
    assert told(kept) == pytest.approx(truth, rel=1e-6)


def at_once(part: Part) -> float:
    losses = [part.loss(), 0.5 * part.loss()]
    torch.autograd.backward(losses)
    return sum(loss.item() for loss in losses)


def weighted(part: Part) -> float:
    losses, weights = part.losses(), torch.rand(8, 1)
    losses.backward(weights)  # type: ignore[no-untyped-call]
    return (losses * weights).sum().item()


def taken(part: Part) -> float:
    loss, parameters = part.loss(), list(part.net.parameters())
    for p, grad in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.grad = grad
    return loss.item()


def taken_in_halves(part: Part) -> float:
    losses, parameters = [part.loss() / 2, part.loss() / 2], list(part.net.parameters())
    halves = [torch.autograd.grad(loss, parameters) for loss in losses]
    for p, one, other in zip(parameters, *halves, strict=True):
        p.grad = one + other
    return sum(loss.item() for loss in losses)


def beside_a_pass(part: Part) -> float:
    loss = back(part.loss())
    torch.autograd.grad(part.loss(), list(part.net.parameters()))  # to look at
    return loss


def after_one_of_the_input(part: Part) -> float:
    inputs = torch.randn(8, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(part.net(inputs).sum(), inputs)
    return back((part.net((inputs + slope).detach()) - 1).square().mean())


@pytest.mark.parametrize(
    "way", [at_once, weighted, taken, taken_in_halves, beside_a_pass, after_one_of_the_input]
)
def test_other_ways_to_a_gradient(any_detail: Kept, way: Callable[[Part], float]) -> None:
    part, truth = Part(), []
    for _ in range(40):
        part.optimizer.zero_grad()
        truth.append(way(part))
        part.optimizer.step()
    assert told(any_detail) == pytest.approx(truth, rel=1e-6)


def test_a_gradient_that_is_handed_on_is_no_loss(kept: Kept) -> None:
    part = Part()
    part.losses().backward(torch.linspace(-1, 1, 8)[:, None])  # type: ignore[no-untyped-call]
    part.optimizer.step()
    (seen,) = kept.snapshots
    assert isnan(seen.loss), "of what came behind it nothing is known"
    assert seen.nonfinite is None


def written(sink: Kept) -> list[tuple[float, float]]:
    """Total norm before and after clipping of every record."""
    grads = torch.stack([torch.from_numpy(s.grads) for s in sink.snapshots]).numpy()
    times = [0.0] * len(grads)
    found = step_records(times, sink.snapshots, grads, sink.layout, 0)
    return [(float(r["total_norm"]), float(r["clipped_norm"])) for r in found]


def test_a_pass_after_clipping_begins_anew(kept: Kept) -> None:
    """Clipped at every micro-batch, and clipped where the step is not taken."""
    one, truth = Part(50.0), []
    for k in range(6):
        back(one.loss())
        clip_grad_norm_(one.net.parameters(), 0.5)
        if k % 3 == 1:
            one.optimizer.zero_grad()
        else:
            back(one.loss())
        truth.append(float(clip_grad_norm_(one.net.parameters(), 0.5)))
        one.optimizer.step()
        one.optimizer.zero_grad()
    assert [before for before, _ in written(kept)] == pytest.approx(truth, rel=1e-6)


def test_what_another_pass_leaves_alone_stays_clipped(kept: Kept) -> None:
    one, other, truth = Part(50.0), Part(-50.0), []
    for _ in range(STEPS):
        for part in (one, other):
            part.optimizer.zero_grad()
            back(part.loss())
            truth.append(float(clip_grad_norm_(part.net.parameters(), 0.5)))
        one.optimizer.step()
        other.optimizer.step()
    assert [before for before, _ in written(kept)] == pytest.approx(truth, rel=1e-6)
    assert [after for _, after in written(kept)] == pytest.approx([0.5] * len(truth), rel=1e-6)


@pytest.mark.parametrize("clips", [False, True])
def test_of_gradients_that_are_gone_no_norm_is_told(
    monkeypatch: pytest.MonkeyPatch, clips: bool
) -> None:
    """The last step was let through, and the program has cleared its gradients: not a norm of 0."""
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1e-6)
    part = Part()
    for _ in range(40):
        back(part.loss())
        if clips:
            clip_grad_norm_(part.net.parameters(), 0.5)
        part.optimizer.step()
        part.optimizer.zero_grad()
    watcher.close()
    assert sink.snapshots[-1].step == 39
    (*_, last) = written(sink)
    assert [value != value for value in last] == [True, True]


@pytest.mark.parametrize("looks", ["at gradients", "at the loss", "at nothing"])
def test_a_batch_that_is_given_up_for_its_loss_is_told_of(kept: Kept, looks: str) -> None:
    """Whose gradients are cleared before anybody steps. Where a step is taken on it that step says so."""
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for step in range(40):
        optimizer.zero_grad()
        bad = step in (20, 25)
        loss = net(torch.randn(4, 3)).square().mean() * (float("inf") if bad else 1.0)
        if bad and looks == "at the loss":
            continue  # before backward() nothing is seen
        loss.backward()
        if not (bad and looks == "at gradients"):
            optimizer.step()
    infos = [event.info for event in kept.events if isinstance(event, Started)]
    lost = [words for kind, words in infos[-1].wiring if kind == LOST_BATCH]
    first = f"{LOST} after 20 steps, and no step was taken on it"
    assert lost == ([first] if looks == "at gradients" else [])
    assert len(infos) <= 2
