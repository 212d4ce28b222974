"""What answering with the frequencies of the labels costs, read off the first losses."""

from collections.abc import Callable
from math import log

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.label_frequencies import LOOKS, MOST_LOOKS, LabelFrequencies
from gradtui.core.event import RunInfo, Started
from gradtui.core.wiring import ONE_LABEL
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

Loss = Callable[[int, torch.Generator], Tensor]
N = 256


def scores(columns: int, rows: int = N) -> Tensor:
    return torch.zeros(rows, columns, requires_grad=True) * 1


def cost(loss: Loss, looks: int = LOOKS + 2) -> float:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    found = LabelFrequencies()
    for batch in range(looks):
        if not found.done:
            found.look(loss(batch, generator))
    return found.cost


def drawn(shares: list[float], generator: torch.Generator, count: int = N) -> Tensor:
    return torch.multinomial(torch.tensor(shares), count, replacement=True, generator=generator)


def entropy(shares: list[float]) -> float:
    return -sum(p * log(p) for p in shares if p)


@pytest.mark.parametrize(
    "shares", [[0.5, 0.5], [0.9, 0.1], [0.25] * 4, [0.7, 0.1, 0.1, 0.1], [0.5, 0.5, 0.0, 0.0]]
)
def test_classes(shares: list[float]) -> None:
    found = cost(lambda _, g: F.cross_entropy(scores(len(shares)), drawn(shares, g)))
    assert found == pytest.approx(entropy(shares), rel=0.05)


def test_yes_or_no_column_by_column() -> None:
    def loss(_: int, g: torch.Generator) -> Tensor:
        targets = torch.stack([drawn([0.9, 0.1], g), drawn([0.5, 0.5], g)], 1).float()
        return F.binary_cross_entropy_with_logits(scores(2), targets)

    wanted = (entropy([0.9, 0.1]) + entropy([0.5, 0.5])) / 2
    assert cost(loss) == pytest.approx(wanted, rel=0.03)


def test_labels_that_are_ignored_do_not_count() -> None:
    def loss(_: int, g: torch.Generator) -> Tensor:
        labels = drawn([0.25, 0.25, 0.5], g)
        return F.cross_entropy(scores(2), labels.where(labels < 2, -100))

    assert cost(loss) == pytest.approx(log(2), rel=0.03)


UNKNOWN: dict[str, Loss] = {
    "in order": lambda i, g: F.cross_entropy(scores(10), torch.full((N,), i)),
    "two classes at a time": lambda i, g: F.cross_entropy(scores(20), 2 * i + drawn([0.5] * 2, g)),
    "more classes than labels": lambda i, g: F.cross_entropy(
        scores(5000), torch.randint(5000, (N,), generator=g)
    ),
    "few labels": lambda i, g: F.cross_entropy(scores(10, 2), drawn([0.1] * 10, g, 2)),
    "summed": lambda i, g: F.cross_entropy(scores(2), drawn([0.5] * 2, g), reduction="sum"),
    "weighted": lambda i, g: F.cross_entropy(
        scores(2), drawn([0.5] * 2, g), weight=torch.tensor([1.0, 3.0])
    ),
    "soft": lambda i, g: F.cross_entropy(scores(4), torch.rand(N, 4, generator=g).softmax(1)),
    "soft yes or no": lambda i, g: F.binary_cross_entropy_with_logits(
        scores(1), torch.rand(N, 1, generator=g)
    ),
    "squares": lambda i, g: F.mse_loss(scores(1), torch.rand(N, 1, generator=g)),
    "two losses": lambda i, g: (
        F.cross_entropy(scores(2), drawn([0.5] * 2, g)) + F.mse_loss(scores(1), torch.rand(N, 1))
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_where_it_is_not_known(name: str) -> None:
    assert cost(UNKNOWN[name]) == 0


def sorted_labels(batch: int, each: int) -> Tensor:
    """[N] of data that lie class by class, so many of each."""
    return torch.arange(N * batch, N * (batch + 1)) // each


@pytest.mark.parametrize(
    ("loss", "ordered"),
    [
        (UNKNOWN["in order"], True),
        (lambda i, g: F.cross_entropy(scores(3), torch.full((N,), i // 12)), True),
        # Where one class ends and the next begins a batch has both.
        (lambda i, g: F.cross_entropy(scores(20), sorted_labels(i, 6 * N + 99)), True),
        (lambda i, g: F.cross_entropy(scores(60), sorted_labels(i, N + 99)), False),
        (lambda i, g: F.cross_entropy(scores(3), torch.zeros(N, dtype=torch.int64)), False),
        (UNKNOWN["two classes at a time"], False),
        (lambda i, g: F.cross_entropy(scores(2), torch.full((N,), i % 2)), False),  # a game's sides
        (lambda i, g: F.cross_entropy(scores(3, 2), torch.full((2,), i % 3)), False),  # too few
        (lambda i, g: F.cross_entropy(scores(3), drawn([0.98, 0.01, 0.01], g)), False),
    ],
)
def test_data_in_the_order_of_its_labels(loss: Loss, ordered: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    found = LabelFrequencies()
    for batch in range(MOST_LOOKS):
        if not found.done:
            found.look(loss(batch, generator))
    assert bool(found.told) == ordered


def scored(labels: Tensor, classes: int = 5) -> Tensor:
    return F.cross_entropy(nn.Linear(3, classes)(torch.randn(len(labels), 3)), labels)


def pairs(labels: Tensor) -> Tensor:
    """The right one is always the first, as contrastive losses have it."""
    one, others = torch.randn(len(labels), 4), torch.randn(7, 4, requires_grad=True)
    return F.cross_entropy(one @ others.T, labels)


def of_encoded(labels: Tensor) -> Tensor:
    """The same of what a layer with a bias gives, as momentum contrast has it."""
    one = nn.Linear(3, 4)(torch.randn(len(labels), 3))
    right = (one * torch.randn(len(labels), 4)).sum(1, keepdim=True)
    return F.cross_entropy(torch.cat([right, one @ torch.randn(4, 6)], 1) / 0.2, labels)


NOUGHT = torch.zeros(N, dtype=torch.int64)


@pytest.mark.parametrize(
    ("loss", "one"),
    [
        (lambda i: scored(NOUGHT), True),
        (lambda i: scored(NOUGHT + 2), True),
        (lambda i: scored(NOUGHT, 2), False),  # of two classes the other one may be rare
        (lambda i: scored(NOUGHT + int(i == 50)), False),
        (lambda i: scored(NOUGHT[:2]), False),
        (lambda i: pairs(NOUGHT), False),
        (lambda i: of_encoded(NOUGHT), False),
    ],
)
def test_all_labels_are_the_same(loss: Callable[[int], Tensor], one: bool) -> None:
    found = LabelFrequencies()
    for batch in range(MOST_LOOKS):
        if not found.done:
            found.look(loss(batch))
    assert (ONE_LABEL in dict(found.told)) == one
    if one:
        assert f"all {64 * N:,} labels of the first 64 batches are" in dict(found.told)[ONE_LABEL]


def test_too_few_batches_tell_nothing_yet() -> None:
    loss: Loss = lambda _, g: F.cross_entropy(scores(2), drawn([0.5] * 2, g))  # noqa: E731
    assert cost(loss, LOOKS - 1) == 0


def test_labels_that_somebody_packs_are_left_alone() -> None:
    def refuse(_: object) -> Tensor:
        raise AssertionError

    loss: Loss = lambda _, g: F.cross_entropy(scores(2), drawn([0.5] * 2, g))  # noqa: E731
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, refuse):
        assert cost(loss) == 0


def told(labels: Callable[[torch.Generator], Tensor]) -> list[RunInfo]:
    sink, generator = Kept(), torch.Generator().manual_seed(1)
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0)
    net = nn.Linear(3, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(12):
        optimizer.zero_grad()
        F.cross_entropy(net(torch.randn(N, 3, generator=generator)), labels(generator)).backward()
        optimizer.step()
    watcher.close()
    assert sink.log == []
    return [event.info for event in sink.events if isinstance(event, Started)]


def test_a_run_is_told_of_it_once_it_is_known() -> None:
    infos = told(lambda g: drawn([0.7, 0.1, 0.1, 0.1], g))
    assert infos[0].label_loss == 0
    assert infos[-1].label_loss == pytest.approx(entropy([0.7, 0.1, 0.1, 0.1]), rel=0.05)
    assert len([info for info in infos if info.label_loss]) == 1
