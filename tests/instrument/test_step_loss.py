"""What a step's loss and its objective are, however the program has called backward."""

from collections.abc import Callable, Sequence
from math import isnan

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.instrument import loss_capture as losses_seen
from gradtui.instrument.step_loss import Part, Windows, sums_of
from tests.instrument.kept import Kept

CLASSES = 5


class Classifier:
    """A small net and its batches; `step` calls backward on each of the losses and takes a step."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.net = nn.Linear(4, CLASSES)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01)

    def batch(self, size: int = 8) -> tuple[Tensor, Tensor]:
        return self.net(torch.randn(size, 4)), torch.randint(0, CLASSES, (size,))

    def loss(self, size: int = 8) -> Tensor:
        return F.cross_entropy(*self.batch(size))

    def step(self, *losses: Tensor) -> None:
        self.optimizer.zero_grad()
        for loss in losses:
            loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()


def mean(values: Sequence[Tensor]) -> float:
    return sum(value.item() for value in values) / len(values)


DIVISIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "not at all": lambda loss: loss,
    "by a number": lambda loss: loss / 4,
    "by a float": lambda loss: loss / 4.0,
    "times": lambda loss: loss * 0.25,
    "times from the left": lambda loss: 0.25 * loss,
    "in place": lambda loss: loss.div_(4),
    "by a tensor": lambda loss: loss / torch.tensor(4),
    "in another precision": lambda loss: (loss / 4).double(),
    "twice": lambda loss: loss / 4 / 1,
    "after a sum": lambda loss: sum([loss / 4, loss.detach() * 0]),  # type: ignore[arg-type,return-value]
    "term by term": lambda loss: 0.5 * loss / 4 + 0.5 * loss / 4,
    "with a penalty": lambda loss: loss / 4 + 0 * loss / 4,
}


@pytest.mark.parametrize("how", DIVISIONS)
def test_micro_batches_however_they_are_divided(kept: Kept, how: str) -> None:
    one = Classifier()
    losses = [one.loss() for _ in range(4)]
    truth = mean(losses)
    handed = [DIVISIONS[how](loss) for loss in losses]
    one.step(*handed)
    (seen,) = kept.snapshots
    assert seen.backwards == 4
    assert seen.loss == pytest.approx(truth, rel=1e-6)
    whole = 4 * truth if how == "not at all" else truth
    assert seen.objective == pytest.approx(whole, rel=1e-6)


def test_the_last_window_of_an_epoch_is_divided_by_as_many_as_the_others(kept: Kept) -> None:
    one = Classifier()
    truth = []
    for count in (4, 4, 2, 4, 1):
        losses = [one.loss() for _ in range(count)]
        truth.append(mean(losses))
        one.step(*(loss / 4 for loss in losses))
    assert [s.loss for s in kept.snapshots] == pytest.approx(truth, rel=1e-6)
    parts = [t * n / 4 for t, n in zip(truth, (4, 4, 2, 4, 1), strict=True)]
    assert [s.objective for s in kept.snapshots] == pytest.approx(parts, rel=1e-6)


def test_micro_batches_weighted_by_their_size(kept: Kept) -> None:
    one = Classifier()
    losses = [one.loss(size) for size in (8, 8, 4)]
    one.step(*(loss * size / 20 for loss, size in zip(losses, (8, 8, 4), strict=True)))
    truth = (8 * losses[0] + 8 * losses[1] + 4 * losses[2]).item() / 20
    assert kept.snapshots[0].loss == pytest.approx(truth, rel=1e-6)


def test_sums_over_what_all_micro_batches_have(kept: Kept) -> None:
    """Padding is left out: later windows have other numbers, which tells that they are totals."""
    one = Classifier()
    for padded in (0, 5, 7):
        batches = [one.batch() for _ in range(3)]
        for _, labels in batches:
            labels[:padded] = -100
        sums = [F.cross_entropy(*batch, reduction="sum") for batch in batches]
        count = sum((labels != -100).sum() for _, labels in batches)
        one.step(*(total / count for total in sums))
        assert kept.snapshots[-1].loss == pytest.approx(sum(sums).item() / int(count), rel=1e-6)


@pytest.mark.parametrize("reduced", [True, False])
def test_sums_over_what_each_has_are_means_of_their_own(kept: Kept, reduced: bool) -> None:
    one = Classifier()
    for _ in range(3):
        losses = []
        for _ in range(2):
            loss = F.cross_entropy(*one.batch(), reduction="sum" if reduced else "none")
            losses.append((loss if reduced else loss.sum()) / 8)
        one.step(*losses)
        assert kept.snapshots[-1].loss == pytest.approx(mean(losses), rel=1e-6)


def test_sums_over_features_and_means_over_examples(kept: Kept) -> None:
    """As of autoencoders: always divided by the same number, and less than there are values."""
    one = Classifier()
    for _ in range(3):
        losses = [one.batch()[0].square().sum() / 8 for _ in range(2)]
        one.step(*losses)
        assert kept.snapshots[-1].loss == pytest.approx(mean(losses), rel=1e-6)


def test_losses_of_different_kinds_add_up(kept: Kept) -> None:
    one = Classifier()
    for shares in ((1.0, 1.0), (0.3, 1.0), (0.3, 0.7)):
        terms = [shares[0] * one.loss(), shares[1] * one.batch()[0].square().mean()]
        one.step(*terms)
        assert kept.snapshots[-1].loss == pytest.approx(sum(terms).item(), rel=1e-6)
        assert kept.snapshots[-1].objective == kept.snapshots[-1].loss


def test_tasks_in_micro_batches(kept: Kept) -> None:
    one = Classifier()
    for share in (1, 2):
        tasks = [[one.loss() for _ in range(2)], [one.batch()[0].abs().mean() for _ in range(2)]]
        truth = sum(map(mean, tasks))
        one.step(*(loss / share for task in tasks for loss in task))
        assert kept.snapshots[-1].loss == pytest.approx(truth, rel=1e-6)


def test_losses_on_one_graph_add_up_though_they_are_alike(kept: Kept) -> None:
    one = Classifier()
    for _ in range(2):
        out, labels = one.batch()
        losses = [F.cross_entropy(out, labels), F.cross_entropy(-out, labels)]
        one.optimizer.zero_grad()
        losses[0].backward(retain_graph=True)  # type: ignore[no-untyped-call]
        losses[1].backward()  # type: ignore[no-untyped-call]
        one.optimizer.step()
        assert kept.snapshots[-1].loss == pytest.approx(sum(losses).item(), rel=1e-6)


@pytest.mark.parametrize("seeded", [True, False])
def test_losses_of_which_one_is_subtracted(kept: Kept, seeded: bool) -> None:
    """A critic: what it says of real data against what it says of made-up ones."""
    one = Classifier()
    real, fake = (one.batch()[0].mean() for _ in range(2))
    one.optimizer.zero_grad()
    if seeded:
        real.backward(torch.tensor(-1.0))  # type: ignore[no-untyped-call]
        fake.backward(torch.tensor(1.0))  # type: ignore[no-untyped-call]
    else:
        (-real).backward()
        fake.backward()  # type: ignore[no-untyped-call]
    one.optimizer.step()
    truth = (fake - real).item()
    assert kept.snapshots[-1].loss == pytest.approx(truth, rel=1e-5)
    assert kept.snapshots[-1].objective == pytest.approx(truth, rel=1e-5)


def test_a_constant_before_a_single_backward_pass_is_the_programs_own(kept: Kept) -> None:
    one = Classifier()
    for factor in (0.5, 0.25, 3.0, -1.0):
        loss = factor * one.loss()
        one.step(loss)
        assert kept.snapshots[-1].loss == loss.item()
        assert kept.snapshots[-1].objective == loss.item()


@pytest.mark.parametrize("first", ["divided", "scaled"])
def test_a_scaler_and_a_division(kept: Kept, first: str) -> None:
    one = Classifier()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    losses = [one.loss() for _ in range(4)]
    truth = mean(losses)
    if first == "divided":
        handed = [scaler.scale(loss / 4) for loss in losses]
    else:
        handed = [scaler.scale(loss) / 4 for loss in losses]
    one.optimizer.zero_grad()
    for loss in handed:
        loss.backward()  # type: ignore[no-untyped-call]
    scaler.step(one.optimizer)
    scaler.update()
    assert kept.snapshots[0].loss == pytest.approx(truth, rel=1e-6)
    assert kept.snapshots[0].loss_scale == 1024.0


def test_two_losses_are_scaled_before_either_is_gone_back_through(kept: Kept) -> None:
    one = Classifier()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    losses = [one.loss(), one.batch()[0].square().mean()]
    handed = [scaler.scale(loss) for loss in losses]
    one.optimizer.zero_grad()
    (handed[0] + handed[1]).backward()  # type: ignore[no-untyped-call]
    scaler.step(one.optimizer)
    scaler.update()
    for loss in map(scaler.scale, [one.loss(), one.loss()]):
        loss.backward()  # type: ignore[no-untyped-call]
    assert kept.snapshots[0].loss == pytest.approx(sum(losses).item(), rel=1e-6)


def test_passes_without_number_are_counted_and_not_kept(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses_seen, "MOST", 16)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for count in (50, 2):
        for _ in range(count):
            weight = model.weight.sum()
            (weight - weight.detach() + 3.0).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    many, few = kept.snapshots
    assert (many.backwards, many.loss) == (50, pytest.approx(3.0))
    assert isnan(many.objective), "a sum of which nothing is known but its end"
    assert (few.backwards, few.loss, few.objective) == (2, pytest.approx(3.0), pytest.approx(6.0))


def test_what_somebody_packs_away_is_not_unpacked(kept: Kept) -> None:
    unpacked = []
    one = Classifier()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: unpacked.append(t) or t):
        losses = [one.loss() / torch.tensor(2.0) for _ in range(2)]
    before = len(unpacked)
    counts = []
    for loss in losses:
        handle = loss.grad_fn.register_prehook(lambda grads: counts.append(len(unpacked)))  # type: ignore[union-attr]
        loss.backward()  # type: ignore[no-untyped-call]
        handle.remove()
    one.optimizer.step()
    assert counts[0] == before
    assert kept.snapshots[0].backwards == 2


def test_windows_belong_to_one_kind_of_loss() -> None:
    windows = Windows()
    real = [Part(0.2, "bce", (0.5,)), Part(0.4, "bce", (0.5,))]
    assert sums_of(real, windows) == pytest.approx((0.6, 0.6))
    assert sums_of([Part(0.3, "mse", (0.5,))], windows) == (0.3, 0.3)
    assert sums_of([Part(0.3, "bce", (0.5,))], windows) == pytest.approx((0.6, 0.3))


def test_an_odd_term_makes_no_other_loss() -> None:
    """A penalty that is added now and then: still micro-batches of one loss."""
    parts = [Part(1.0, "a"), Part(2.0, "a"), Part(3.0, "b")]
    assert sums_of(parts, Windows()) == (2.0, 6.0)


def test_what_is_not_finite_is_told() -> None:
    nan = float("nan")
    for parts in ([Part(nan)], [Part(nan, "a", (0.5,)), Part(1.0, "a", (0.5,))]):
        loss, objective = sums_of(parts, Windows())
        assert loss != loss
        assert objective != objective
    assert sums_of([Part(1.0, "a", (0.0,)), Part(1.0, "a", (float("inf"),))], Windows()).loss == 1.0
