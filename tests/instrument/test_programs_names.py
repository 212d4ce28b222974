"""Programs of many shapes in small: what is trained has the names that its program has for it."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.core.event import Started
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

STEPS = 3


def recorded(train: Callable[[], object]) -> Kept:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    train()
    watcher.close()
    assert sink.log == []
    return sink


def leaf(*shape: int) -> Tensor:
    return torch.randn(*shape, requires_grad=True)


def square(*tensors: Tensor) -> Tensor:
    return torch.stack([tensor.square().mean() for tensor in tensors]).sum()


def learn(loss: Callable[[], Tensor], *optimizers: torch.optim.Optimizer) -> None:
    for _ in range(STEPS):
        for optimizer in optimizers:
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()


class Policy(nn.Module):
    """Makes its optimizers itself, and has a tensor that is no parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(2, 3)
        self.optimizer = torch.optim.Adam(self.parameters())
        self.log_alpha = leaf(1)
        self.alpha_optimizer = torch.optim.Adam([self.log_alpha])

    def learn(self) -> None:
        learn(lambda: square(self.body.weight, self.body.bias), self.optimizer)
        learn(lambda: square(self.log_alpha), self.alpha_optimizer)


class Critic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(2, 1)
        self.optimizer = torch.optim.Adam(self.parameters())

    def learn(self) -> None:
        learn(lambda: square(self.body.weight, self.body.bias), self.optimizer)


def one_policy() -> list[str]:
    pi = Policy()
    pi.learn()
    return ["pi.body.weight", "pi.body.bias", "log_alpha"]


def policy_and_critics() -> list[str]:
    q1, q2, pi = Critic(), Critic(), Policy()
    for one in (q1, q2, pi):
        one.learn()
    words = [f"{word}.body.{name}" for word in ("q1", "q2", "pi") for name in ("weight", "bias")]
    return [*words, "log_alpha"]


def two_policies() -> list[str]:
    left, right = Policy(), Policy()
    left.learn()
    right.learn()
    words = [f"{word}.body.{name}" for word in ("left", "right") for name in ("weight", "bias")]
    return [*words, "left.log_alpha", "right.log_alpha"]


class Agent:
    def __init__(self) -> None:
        self.actor, self.critic = nn.Linear(2, 1), nn.Linear(2, 1)
        self.setup()

    def setup(self) -> None:
        self.optimizers = {word: optimizer_of(getattr(self, word)) for word in ("actor", "critic")}

    def learn(self) -> None:
        for word, optimizer in self.optimizers.items():
            learn(lambda word=word: square(*getattr(self, word).parameters()), optimizer)  # type: ignore[misc]


def optimizer_of(net: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(net.parameters(), lr=0.1)


def factories() -> list[str]:
    agent = Agent()
    agent.learn()
    return ["actor.weight", "actor.bias", "critic.weight", "critic.bias"]


@dataclass(slots=True)
class State:
    encoder: nn.Module
    decoder: nn.Module
    tools: list[torch.optim.Optimizer] = field(default_factory=list)


def in_a_dataclass_with_slots() -> list[str]:
    state = State(nn.Linear(2, 1), nn.Linear(1, 2))
    for net in (state.encoder, state.decoder):
        state.tools.append(optimizer_of(net))
    del net
    both = [*state.encoder.parameters(), *state.decoder.parameters()]
    learn(lambda: square(*both), *state.tools)
    return [f"state.{w}.{n}" for w in ("encoder", "decoder") for n in ("weight", "bias")]


def in_a_list() -> list[str]:
    params = [leaf(2, 3), leaf(3)]
    learn(lambda: square(*params), torch.optim.SGD(params, lr=0.1))
    return ["params[0]", "params[1]"]


def in_a_list_and_in_variables() -> list[str]:
    w1, b1 = leaf(2, 3), leaf(3)
    params = [w1, b1]
    learn(lambda: square(*params), torch.optim.SGD(params, lr=0.1))
    return ["w1", "b1"]


class Plain:
    def __init__(self) -> None:
        self.w, self.b = leaf(2, 3), leaf(3)


def attributes_of_an_object() -> list[str]:
    model = Plain()
    learn(lambda: square(model.w, model.b), torch.optim.SGD([model.w, model.b], lr=0.1))
    return ["model.w", "model.b"]


SHARED = {"scale": torch.ones(2, requires_grad=True)}


def in_global_variables() -> list[str]:
    learn(lambda: square(SHARED["scale"]), torch.optim.SGD([*SHARED.values()], lr=0.1))
    return ["SHARED.scale"]


def in_a_closure() -> list[str]:
    def made() -> Callable[[], None]:
        weight = leaf(3)
        optimizer = torch.optim.SGD([weight], lr=0.1)

        def step() -> None:
            learn(lambda: square(weight), optimizer)

        return step

    made()()
    return ["weight"]


class Registry:
    """Gives its tensors away one by one, and keeps them where no variable leads."""

    def __init__(self) -> None:
        self.keep: Callable[[], dict[str, Tensor]] = {"loc": leaf(2), "scale": leaf(2)}.copy

    def each(self) -> Iterator[Tensor]:
        yield from self.keep().values()


class Lazy:
    """Makes an optimizer for each parameter when it first has a gradient for it."""

    def __init__(self) -> None:
        self.made: dict[Tensor, torch.optim.Optimizer] = {}

    def step(self, tensors: list[Tensor]) -> None:
        for p in tensors:
            if p not in self.made:
                self.made[p] = torch.optim.Adam([p])
            self.made[p].step()


def in_a_registry() -> list[str]:
    registry, lazy = Registry(), Lazy()
    for _ in range(STEPS):
        square(*registry.each()).backward()
        lazy.step([*registry.each()])
    return ["loc", "scale"]


class Pair:
    def __init__(self) -> None:
        self.actor, self.critic = nn.Linear(3, 2), nn.Linear(3, 1)
        self.optimizer = torch.optim.SGD(
            [*self.actor.parameters(), *self.critic.parameters()], lr=0.1
        )


def one_after_another() -> list[str]:
    """The variable of a loop has the first just when names are looked for."""
    agents = [Pair() for _ in range(3)]
    for agent in agents:
        learn(lambda agent=agent: square(*agent.actor.parameters()), agent.optimizer)  # type: ignore[misc]
    parts = [f"agents[{i}].{part}" for i in range(3) for part in ("actor", "critic")]
    return [f"{part}.{name}" for part in parts for name in ("weight", "bias")]


def one_key_after_another() -> list[str]:
    nets = {word: nn.Linear(3, 1) for word in ("price", "volume")}
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.1) for net in nets.values()]
    for net, optimizer in zip(nets.values(), optimizers, strict=True):
        learn(lambda net=net: square(*net.parameters()), optimizer)  # type: ignore[misc]
    return [f"nets.{word}.{name}" for word in nets for name in ("weight", "bias")]


def by_hand() -> list[str]:
    w1, w2 = leaf(4, 3), leaf(3, 1)
    for _ in range(STEPS):
        (torch.ones(2, 4) @ w1 @ w2).square().mean().backward()
        with torch.no_grad():
            for w in (w1, w2):
                assert w.grad is not None
                w -= 0.01 * w.grad
                w.grad.zero_()
    return ["w1", "w2"]


PROGRAMS = (
    one_policy,
    policy_and_critics,
    two_policies,
    factories,
    in_a_dataclass_with_slots,
    in_a_list,
    in_a_list_and_in_variables,
    attributes_of_an_object,
    in_global_variables,
    in_a_closure,
    in_a_registry,
    one_after_another,
    one_key_after_another,
    by_hand,
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_names(program: Callable[[], list[str]]) -> None:
    gc.collect()
    expected: list[str] = []
    sink = recorded(lambda: expected.extend(program()))
    assert sorted(sink.names) == sorted(expected)


class Warm:
    """Takes its first steps while it is still being built: it has no name outside until then."""

    def __init__(self) -> None:
        self.nets = (nn.Linear(2, 1), nn.Linear(2, 1))
        self.optimizers = [optimizer_of(net) for net in self.nets]
        self.learn()

    def learn(self) -> None:
        for net, optimizer in zip(self.nets, self.optimizers, strict=True):
            learn(lambda net=net: square(*net.parameters()), optimizer)  # type: ignore[misc]


def test_a_good_name_stays_and_a_poor_one_is_replaced_once() -> None:
    held: list[Any] = []

    def hidden() -> None:
        nets = {str(i): nn.Linear(2, 1) for i in range(2)}.values().__iter__
        optimizers = [optimizer_of(net) for net in nets()]
        everything = [[*net.parameters()] for net in nets()]
        for parameters, optimizer in zip(everything, optimizers, strict=True):
            learn(lambda: square(*parameters), optimizer)  # noqa: B023
        held.extend(nets())
        found = held
        one, two = found
        for parameters, optimizer in [*zip(everything, optimizers, strict=True)] * 3:
            learn(lambda: square(*parameters), optimizer)  # noqa: B023
        assert (one, two) == tuple(held)

    sink = recorded(hidden)
    told = [e.layout for e in sink.events if isinstance(e, Started)]
    first = [t.name for t in told[0].tensors]
    last = [t.name for t in told[-1].tensors]
    assert first == ["Linear#0.weight", "Linear#0.bias", "Linear#1.weight", "Linear#1.bias"]
    assert last == ["one.weight", "one.bias", "two.weight", "two.bias"]
    assert len([one for one, _ in groupby(told)]) == 2
    assert [s.step for s in sink.snapshots] == list(range(8 * STEPS))


def test_names_that_are_good_stay_whatever_comes_in_sight() -> None:
    def train() -> None:
        warm = Warm()
        one, two = warm.nets
        warm.learn()
        assert one is not two

    told = [e for e in recorded(train).events if isinstance(e, Started)]
    assert {tuple(t.name for t in one.layout.tensors)[::2] for one in told} == {
        ("nets[0].weight", "nets[1].weight")
    }
