"""Gradients that nothing clears, and steps without any: told at the fourth step, or never."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.core.event import Started
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

STEPS = 8
Train = Callable[[nn.Module, torch.optim.Optimizer], None]


def loss(net: nn.Module) -> Tensor:
    return F.cross_entropy(net(torch.randn(4, 3)), torch.tensor([0, 1, 2, 0]))


def wiring(train: Train, kind: type[torch.optim.Optimizer] = torch.optim.SGD) -> dict[str, str]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 3))
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    train(net, kind(net.parameters(), lr=0.1))  # type: ignore[call-arg]
    watcher.close()
    assert sink.log == []
    assert watcher._zero_grad_check._last is None  # nothing is kept
    return dict([e for e in sink.events if isinstance(e, Started)][-1].info.wiring)


def each(*work: Callable[[nn.Module, torch.optim.Optimizer], object]) -> Train:
    def train(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(STEPS):
            for one in work:
                one(net, optimizer)

    return train


def clear(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()


def fill(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad(set_to_none=False)


def drop(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for p in net.parameters():
        p.grad = None


def old_way(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for p in net.parameters():
        if p.grad is not None:
            p.grad.data.zero_()  # bumps no version


def decay(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for p in net.parameters():
        if p.grad is not None:
            p.grad *= 0.9


def back(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    loss(net).backward()  # type: ignore[no-untyped-call]


def clip(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    nn.utils.clip_grad_norm_(net.parameters(), 0.1)


def step(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.step()


def scaled(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for p in net.parameters():
        if p.grad is not None:
            p.grad.div_(2.0)


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
@pytest.mark.parametrize(
    "work",
    [(back, step), (back, back, step), (back, clip, step), (back, scaled, step)],
    ids=["plain", "twice", "clipped", "unscaled"],
)
def test_what_is_never_cleared(work: tuple[Train, ...], kind: type[torch.optim.Optimizer]) -> None:
    assert set(wiring(each(*work), kind)) == {"never_zeroed"}


@pytest.mark.parametrize(
    "work",
    [
        (clear, back, step),
        (fill, back, step),
        (back, step, clear),
        (back, step, drop),
        (old_way, back, step),
        (decay, back, step),
        (clear, back, clip, step),
        (clear, back, back, back, step),
        (clear, back, step, step),
        (back, clip, step, fill),
    ],
)
def test_what_is_cleared_in_whatever_way(work: tuple[Train, ...]) -> None:
    assert wiring(each(*work)) == {}


def test_a_closure_that_clears() -> None:
    def train(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(STEPS):

            def closure() -> Tensor:
                optimizer.zero_grad()
                value = loss(net)
                value.backward()  # type: ignore[no-untyped-call]
                return value

            optimizer.step(closure)

    assert wiring(train, torch.optim.LBFGS) == {}


def test_a_game_fills_the_other_sides_gradients_and_clears_them_later() -> None:
    def train(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        maker = nn.Linear(3, 3)
        other = torch.optim.SGD(maker.parameters(), lr=0.1)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss(nn.Sequential(maker, net)).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            other.zero_grad()
            (-loss(nn.Sequential(maker, net))).backward()  # type: ignore[no-untyped-call]
            other.step()

    assert wiring(train) == {}


def test_gradients_that_are_gone_by_the_step() -> None:
    told = wiring(each(back, clear, step))
    assert "zero_grad() is called between" in told["no_gradients"]
    assert wiring(each(back, fill, step)) == {}  # zeros: the rules see those


def test_a_loss_that_reaches_nothing_that_is_stepped() -> None:
    def train(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        twin = nn.Linear(3, 3)
        for _ in range(STEPS):
            loss(twin).backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    assert "copy without its history" in wiring(train)["no_gradients"]


def test_a_loss_that_was_made_of_nothing() -> None:
    def train(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(STEPS):
            loss(net).detach().requires_grad_().backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    assert "a tensor without a history" in wiring(train)["no_gradients"]


def test_steps_before_any_backward_pass_are_not_counted() -> None:
    def train(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(4):
            optimizer.step()
        each(clear, back, step)(net, optimizer)

    assert wiring(train) == {}


def test_where_nobody_steps_looking_has_an_end() -> None:
    net = nn.Linear(3, 3)
    watcher = Watcher(Kept())
    for _ in range(80):
        loss(net).backward()  # type: ignore[no-untyped-call]
    assert not watcher._zero_grad_check._keeps
    assert not watcher._zero_grad_check._lacks
    watcher.close()


def test_training_is_the_same_to_the_bit() -> None:
    def weights(watch: bool) -> Tensor:
        torch.manual_seed(0)
        net = nn.Linear(3, 3)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        watcher = Watcher(Kept()) if watch else None
        each(back, step)(net, optimizer)
        if watcher is not None:
            watcher.close()
        return net.weight.detach()

    assert torch.equal(weights(True), weights(False))
