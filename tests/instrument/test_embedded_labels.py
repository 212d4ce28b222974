"""Labels beside what an embedding was given: copied, padded, and what only looks like it."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.embedded_labels import NONE, EmbeddedLabels, embedded_labels
from gradtui.autograd.label_frequencies import LabelFrequencies
from gradtui.autograd.layer_outputs import readable
from gradtui.core.wiring import ANSWER_GIVEN, MOSTLY_PADDING, PADDING_COUNTED, PASSED_OVER
from gradtui.instrument.embedded_label_check import EmbeddedLabelCheck

WORDS, N, LENGTH = 7, 8, 5
torch.manual_seed(0)
TABLE, CELL = nn.Embedding(WORDS, 6), nn.GRU(6, 6, batch_first=True)
OUT = nn.Linear(6, WORDS)
ATTENTION = nn.MultiheadAttention(6, 2, batch_first=True)
TOKENS = torch.randint(0, WORDS, (N, LENGTH))


def loss_of(scores: Tensor, labels: Tensor, **more: Any) -> Tensor:
    return F.cross_entropy(scores.flatten(0, 1), labels.flatten(), **more)


def seen(loss: Tensor) -> EmbeddedLabels:
    found = readable(loss)
    assert found is not None
    return embedded_labels(*found)


def through_attention(x: Tensor) -> Tensor:
    told: Tensor = ATTENTION(x, x, x)[0]
    return x + told


COPIES: dict[str, Callable[[], Tensor]] = {
    "by a linear layer": lambda: loss_of(OUT(torch.tanh(TABLE(TOKENS))), TOKENS),
    "past attention": lambda: loss_of(OUT(through_attention(TABLE(TOKENS))), TOKENS),
    "beside a cell": lambda: loss_of(OUT(TABLE(TOKENS) + CELL(TABLE(TOKENS))[0]), TOKENS),
    "divided": lambda: loss_of(OUT(TABLE(TOKENS)), TOKENS) / 4,
}
OTHERS: dict[str, Callable[[], Tensor]] = {
    "shifted": lambda: loss_of(OUT(TABLE(TOKENS[:, :-1])), TOKENS[:, 1:]),
    "other labels": lambda: loss_of(OUT(TABLE(TOKENS)), (TOKENS + 1) % WORDS),
    "through one state": lambda: loss_of(
        OUT(CELL(TABLE(TOKENS))[1][0])[:, None].expand(-1, LENGTH, -1), TOKENS
    ),
    "single symbols": lambda: F.cross_entropy(OUT(TABLE(TOKENS[:, 0])), TOKENS[:, 0]),
    "a sum": lambda: loss_of(OUT(TABLE(TOKENS)), TOKENS, reduction="sum"),
    "two losses": lambda: loss_of(y := OUT(TABLE(TOKENS)), TOKENS) + loss_of(y, TOKENS * 0),
    "one label": lambda: loss_of(OUT(TABLE(TOKENS * 0)), TOKENS * 0),
}


@pytest.mark.parametrize("name", COPIES)
def test_labels_that_are_given_are_told(name: str) -> None:
    assert seen(COPIES[name]()).copied


@pytest.mark.parametrize("name", OTHERS)
def test_labels_that_are_hidden_or_others_are_not(name: str) -> None:
    assert not seen(OTHERS[name]()).copied


@pytest.mark.parametrize(
    ("given", "labels", "skipped"),
    [
        (slice(0, 10), slice(2, None), True),  # by the data alone
        (slice(0, 11), slice(2, None), True),  # and within the model
        (slice(0, 11), slice(1, None), False),
        (slice(0, 10), slice(1, 11), False),
        (slice(2, None), slice(0, 10), False),
    ],
)
def test_labels_of_two_positions_on(given: slice, labels: slice, skipped: bool) -> None:
    tokens = torch.randint(0, WORDS, (N, 12))
    wanted = tokens[:, labels]
    scores = OUT(TABLE(tokens[:, given]))[:, : wanted.shape[1]]
    assert seen(loss_of(scores, wanted)).passed_over is skipped
    same = torch.arange(N)[:, None].expand(N, 12) % WORDS  # each row is of one word
    assert not seen(loss_of(OUT(TABLE(same[:, :-2])), same[:, 2:])).passed_over


def padded(length: int) -> tuple[Tensor, Tensor]:
    x = torch.randint(1, WORDS, (N, 20))
    x[:, length:] = 0
    return x, torch.where(x > 0, x % (WORDS - 1) + 1, 0)


def test_padding_is_a_label_that_goes_with_an_index() -> None:
    x, y = padded(4)
    assert seen(loss_of(OUT(TABLE(x)), y)) == EmbeddedLabels(padding=0, share=0.8)
    assert seen(loss_of(OUT(TABLE(x)), y, ignore_index=0)) == NONE
    x, y = padded(15)
    assert seen(loss_of(OUT(TABLE(x)), y)) == NONE
    common = torch.where(torch.rand(N, 20) < 0.8, 0, 3)  # no padding: it stands beside any word
    assert seen(loss_of(OUT(TABLE(torch.randint(0, WORDS, (N, 20)))), common)) == NONE


def told_of(losses: Callable[[], Tensor], looks: int = 3) -> EmbeddedLabelCheck:
    check = EmbeddedLabelCheck()
    for _ in range(looks):
        assert not check.done
        check.look(losses())
    return check


def test_what_the_first_losses_agree_on_is_told() -> None:
    assert [kind for kind, _ in told_of(COPIES["by a linear layer"]).told] == [ANSWER_GIVEN]
    for length, kind in ((4, PADDING_COUNTED), (1, MOSTLY_PADDING)):
        check = told_of(lambda length=length: loss_of(OUT(TABLE((p := padded(length))[0])), p[1]))  # type: ignore[misc]
        assert [name for name, _ in check.told] == [kind]
        assert check.padding == 0
    later = lambda: loss_of(OUT(TABLE((x := torch.randint(0, WORDS, (N, 12)))[:, :-2])), x[:, 2:])  # noqa: E731
    assert [kind for kind, _ in told_of(later).told] == [PASSED_OVER]
    early = told_of(COPIES["divided"], looks=2)
    assert early.told == ()
    early.look(OTHERS["shifted"]())
    assert early.done
    assert early.told == ()
    assert early.padding == -1


def test_what_padding_costs_is_left_out_of_guessing() -> None:
    frequencies, known = LabelFrequencies(), LabelFrequencies()
    known.padding = 0
    labels = torch.cat([torch.zeros(900, dtype=torch.long), torch.arange(100) % 4 + 1])
    for _ in range(8):
        scores = torch.zeros(1000, 5, requires_grad=True)
        for one in (frequencies, known):
            one.look(F.cross_entropy(scores, labels))
    assert known.cost == pytest.approx(0.1 * torch.tensor(4.0).log().item(), rel=0.01)
    assert frequencies.cost > 3 * known.cost
