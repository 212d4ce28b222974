"""A cross-entropy among the terms of a loss, and what it comes to beside them."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.drowned_terms import AGAIN, BATCHES, FROM, MOST_LOOKS, DrownedTerms

CLASSES = 5


def loss_of(
    scale: float, *, weight: float = 1.0, learned: bool = False, minus: bool = False
) -> Tensor:
    """Errors of about `scale` squared, and classes."""
    torch.manual_seed(1)
    labels = torch.randint(0, CLASSES, (64,))
    right, others = F.one_hot(labels, CLASSES), torch.randn(64, CLASSES)
    scores = nn.Parameter(8.0 * right if learned else others)
    answers = nn.Parameter(torch.zeros(64, 2))
    classes = F.cross_entropy(scores, labels)
    errors = F.mse_loss(answers, scale * torch.ones(64, 2))
    return errors - weight * classes if minus else weight * classes + errors


def told(*losses: Tensor, passes: int = FROM) -> list[str]:
    """Of the two glances that begin a trial, of what the trial sees, and of what comes later."""
    terms = DrownedTerms()
    for at, loss in enumerate((losses[0], *losses[:1] * BATCHES, *losses[1:])):
        terms.look(loss, passes + at)
    return [words for _, words in terms.told]


def test_a_term_that_errors_in_pixels_drown() -> None:
    (words,) = told(loss_of(300.0))
    assert words.startswith("a cross-entropy is 2")
    assert words.endswith("guessing costs 1.61, and the other terms of the loss come to 9e+04")
    (words,) = told(loss_of(30.0, weight=0.1))
    assert "(weighed by 0.1)" in words


def test_labels_that_are_nearly_all_noise_cost_as_much_as_guessing() -> None:
    errors = F.mse_loss(nn.Parameter(torch.zeros(64, 2)), 300 * torch.ones(64, 2))
    even = nn.Parameter(torch.zeros(64, CLASSES))
    assert told(errors + F.cross_entropy(even, torch.arange(64) % CLASSES)) == []


@pytest.mark.parametrize(
    "loss",
    [
        loss_of(3.0),
        loss_of(300.0, weight=1000.0),
        loss_of(300.0, learned=True),
        loss_of(300.0, minus=True),
    ],
)
def test_of_one_size_or_learned_or_to_be_raised(loss: Tensor) -> None:
    assert told(loss) == []


def test_it_takes_time() -> None:
    sick = loss_of(300.0)
    terms = DrownedTerms()
    for passes in range(FROM - BATCHES, FROM):
        terms.look(sick, passes)
    assert terms.told == ()


def test_a_few_batches_that_cost_more_do_not_tell() -> None:
    """The mean of several says whether nothing is learned."""
    terms, sick, well = DrownedTerms(), loss_of(300.0), loss_of(300.0, weight=1.0, learned=True)
    for at, loss in enumerate((sick, sick, *(sick, well) * BATCHES)):
        terms.look(loss, FROM + at)
    assert terms.told == ()


def test_it_is_looked_at_until_it_is_sure_and_now_and_then_afterwards() -> None:
    terms, sick = DrownedTerms(), loss_of(300.0)
    assert not terms.due(FROM)
    terms.look(sick, FROM - 1)
    terms.look(sick, FROM)
    for passes in range(FROM + 1, FROM + BATCHES):
        assert terms.due(passes)
        assert terms.tried
        terms.look(sick, passes)
    assert terms.told
    assert not terms.tried
    assert not terms.due(FROM + BATCHES)
    assert terms.due(FROM + BATCHES + AGAIN)


def test_other_losses_between_are_passed_over_and_looks_are_asked_for_no_more_than_so_often() -> (
    None
):
    terms, sick, other = DrownedTerms(), loss_of(300.0), torch.nn.Parameter(torch.ones(())) * 2
    for at, loss in enumerate((sick, sick, *(other, sick) * BATCHES)):
        terms.look(loss, FROM + at)
    assert terms.told
    terms = DrownedTerms()
    for at, loss in enumerate((sick, sick, *[other] * 2 * MOST_LOOKS)):
        assert terms.tried is (2 <= at <= MOST_LOOKS + 1)
        terms.look(loss, FROM + at)
    assert not terms.told


def test_it_is_taken_back_by_two_looks() -> None:
    sick, well = loss_of(300.0), loss_of(300.0, learned=True)
    assert len(told(sick, well)) == 1
    assert told(sick, well, well) == []
    assert told(sick, loss_of(3.0), loss_of(3.0)) == []


def test_a_loss_of_one_term_is_none() -> None:
    labels = torch.randint(0, CLASSES, (64,))
    one = 1e4 * F.cross_entropy(nn.Parameter(torch.zeros(64, CLASSES)), labels)
    assert told(one) == []
