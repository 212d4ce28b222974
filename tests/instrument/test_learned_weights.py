"""Terms of a loss that are weighed by parameters: told where nothing holds these, and they have shrunk."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.learned_weights import LearnedWeights, weighed_terms
from gradtui.core.wiring import WEIGHTS_UNHELD

Loss = Callable[[list[Tensor], nn.Parameter], Tensor]


def one_by_one(losses: list[Tensor], s: nn.Parameter) -> Tensor:
    total: Tensor | float = 0.0
    for at, loss in enumerate(losses):
        total = total + torch.exp(-s[at]) * loss
    assert isinstance(total, Tensor)
    return total


def together(losses: list[Tensor], s: nn.Parameter) -> Tensor:
    return (torch.stack(losses) * (-s).exp()).sum()


def by_deviation(losses: list[Tensor], s: nn.Parameter) -> Tensor:
    return sum(
        (loss / (2 * (1 + at) ** 2) for loss, at in zip(losses, s, strict=True)), torch.zeros(())
    )


LOSSES: list[Loss] = [one_by_one, together, by_deviation]


def terms() -> list[Tensor]:
    torch.manual_seed(0)
    net, inputs = nn.Linear(4, 3), torch.randn(8, 4)
    answers = net(inputs)
    return [
        F.mse_loss(answers, torch.ones(8, 3)),
        F.cross_entropy(answers, torch.zeros(8, dtype=torch.long)),
    ]


@pytest.mark.parametrize("made", LOSSES)
def test_weights_that_nothing_holds_are_told_once_they_have_shrunk(made: Loss) -> None:
    s, found = nn.Parameter(torch.zeros(2)), LearnedWeights()
    for size in (0.0, 0.5, 3.0):
        with torch.no_grad():
            s.fill_(size)
        found.look(made(terms(), s))
        assert [kind for kind, _ in found.told] == [WEIGHTS_UNHELD] * (size == 3.0)


@pytest.mark.parametrize("made", LOSSES)
def test_of_weights_that_a_term_holds_nothing_is_told(made: Loss) -> None:
    s = nn.Parameter(torch.zeros(2))
    assert weighed_terms(made(terms(), s).grad_fn)
    assert not weighed_terms((made(terms(), s) + s.sum()).grad_fn)
    assert not weighed_terms((made(terms(), s) + torch.log(1 + s).mean()).grad_fn)


def test_a_likelihood_with_a_deviation_of_its_own_is_held() -> None:
    deviation = nn.Parameter(torch.ones(3))
    answers = nn.Linear(4, 3)(torch.randn(8, 4))
    likelihood = torch.distributions.Normal(answers, deviation).log_prob(torch.zeros(8, 3))
    assert not weighed_terms((-likelihood.mean()).grad_fn)


def test_weights_that_add_up_to_one_and_costs_of_a_temperature_are_none() -> None:
    s = nn.Parameter(torch.zeros(2))
    shares = s.softmax(0)
    one, other = terms()
    assert not weighed_terms((shares[0] * one + shares[1] * other).grad_fn)
    assert not weighed_terms((s.exp() * torch.tensor([1.0, -2.0])).mean().grad_fn)
    assert not weighed_terms(one.grad_fn)
    assert not weighed_terms(None)


def test_a_whole_layer_is_no_weight() -> None:
    layer = nn.Parameter(torch.ones(65))
    one, _ = terms()
    assert not weighed_terms((layer * one).sum().grad_fn)


def test_weights_that_grow_again_and_tasks_that_are_not_weighed_are_no_fault() -> None:
    s, found = nn.Parameter(torch.zeros(2)), LearnedWeights()
    for size, told in ((0.0, False), (3.0, True), (0.1, False)):
        with torch.no_grad():
            s.fill_(size)
        found.look(together(terms(), s))
        assert bool(found.told) is told
    one, other = terms()
    assert not weighed_terms((one + torch.exp(-s[0]) * other).grad_fn)


@pytest.mark.parametrize(
    "held", [lambda s: F.mse_loss(s, torch.zeros(2)), lambda s: -s.exp().prod().log()]
)
def test_what_holds_them_may_be_written_in_any_way(held: Callable[[Tensor], Tensor]) -> None:
    s = nn.Parameter(torch.zeros(2))
    assert not weighed_terms((together(terms(), s) + held(s)).grad_fn)
