"""What is told of the task is read off the first loss, and left open where in doubt."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.core.event import RunInfo, Started
from gradtui.instrument.task_inference import TaskFacts, look_ahead
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

LABELS = torch.tensor([0, 1, 2, 3, 0])
KNOWN: dict[str, tuple[Callable[[Tensor], Tensor], TaskFacts]] = {
    "cross entropy": (lambda y: F.cross_entropy(y, LABELS), TaskFacts("classification", 4)),
    "one label": (lambda y: F.cross_entropy(y[0], LABELS[0]), TaskFacts("classification", 4)),
    "of an image": (
        lambda y: F.cross_entropy(y.T.reshape(1, 4, 5, 1), LABELS.view(1, 5, 1)),
        TaskFacts("classification", 4),
    ),
    "of a text": (
        lambda y: F.cross_entropy(y.T.unsqueeze(0), LABELS.view(1, 5)),
        TaskFacts("classification", 4),
    ),
    "averaged later": (
        lambda y: F.cross_entropy(y, LABELS, reduction="none").mean(),
        TaskFacts("classification", 4),
    ),
    "in both directions": (
        lambda y: 0.5 * (F.cross_entropy(y[:4], LABELS[:4]) + F.cross_entropy(y[:4].T, LABELS[:4])),
        TaskFacts("classification", 4),
    ),
    "their mean": (
        lambda y: (F.cross_entropy(y[:4], LABELS[:4]) + F.cross_entropy(y[:4].T, LABELS[:4])) / 2,
        TaskFacts("classification", 4),
    ),
    "halves": (
        lambda y: 0.25 * F.cross_entropy(y, LABELS) + F.cross_entropy(y, LABELS) * 0.75,
        TaskFacts("classification", 4),
    ),
    "the sum of both": (
        lambda y: F.cross_entropy(y[:4], LABELS[:4]) + F.cross_entropy(y[:4].T, LABELS[:4]),
        TaskFacts(),
    ),
    "beside a distance": (
        lambda y: F.cross_entropy(y, LABELS) + 0.5 * F.mse_loss(y[:, 0], torch.zeros(5)),
        TaskFacts("mixed"),
    ),
    "two distances": (
        lambda y: F.mse_loss(y, torch.zeros(5, 4)) + F.huber_loss(y, torch.ones(5, 4)),
        TaskFacts(),
    ),
    "of other classes": (
        lambda y: 0.5 * (F.cross_entropy(y, LABELS) + F.cross_entropy(y[:, :2], LABELS % 2)),
        TaskFacts(),
    ),
    "binary": (
        lambda y: F.binary_cross_entropy_with_logits(y, y.detach().sigmoid()),
        TaskFacts("classification", 2),
    ),
    "squares": (lambda y: F.mse_loss(y, y.detach() + 1) / 2, TaskFacts("regression")),
    "huber": (lambda y: F.huber_loss(y, y.detach() + 1), TaskFacts("regression")),
    "summed": (lambda y: F.cross_entropy(y, LABELS, reduction="sum"), TaskFacts()),
    "scaled": (lambda y: F.cross_entropy(y, LABELS) / 2, TaskFacts()),
    "weighted": (
        lambda y: (F.cross_entropy(y, LABELS, reduction="none") * torch.rand(5)).mean(),
        TaskFacts(),
    ),
    "with a penalty": (lambda y: F.cross_entropy(y, LABELS) + y.square().mean(), TaskFacts()),
    "anything": (lambda y: y.square().mean(), TaskFacts()),
}


@pytest.mark.parametrize("name", KNOWN)
def test_task_and_classes(name: str) -> None:
    loss, outlook = KNOWN[name]
    assert look_ahead(loss(nn.Linear(3, 4)(torch.randn(5, 3)))) == outlook


def test_what_was_saved_is_not_touched() -> None:
    def unpack(packed: Tensor) -> Tensor:
        raise AssertionError

    with torch.autograd.graph.saved_tensors_hooks(lambda saved: saved, unpack):
        loss = F.cross_entropy(nn.Linear(3, 4)(torch.randn(5, 3)), LABELS)
    assert look_ahead(loss).classes == 4


def told(train: Callable[[], object]) -> RunInfo:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    train()
    watcher.close()
    assert sink.log == []
    return next(e.info for e in sink.events if isinstance(e, Started))


def test_a_run_with_autocast_and_clipping() -> None:
    def train() -> None:
        net = nn.Linear(3, 4)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(net(torch.randn(5, 3)), LABELS)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        nn.utils.clip_grad_value_(net.parameters(), 0.1)
        optimizer.step()

    info = told(train)
    assert (info.task, info.classes) == ("classification", 4)
    assert (info.precision, info.clip) == ("amp_bfloat16", "norm 0.5, value 0.1")
    assert info.clip_value == 0.1


def test_a_scaler_means_autocast_where_nothing_shows_which() -> None:
    def train() -> None:
        net, scaler = nn.Linear(3, 1), torch.amp.GradScaler("cpu")
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        scaler.scale(F.mse_loss(net(torch.ones(2, 3)), torch.ones(2, 1))).backward()
        scaler.step(optimizer)

    info = told(train)
    assert (info.task, info.precision, info.clip) == ("regression", "autocast", "")


def test_several_optimizers_have_no_task() -> None:
    def train() -> None:
        one, two = nn.Linear(3, 4), nn.Linear(3, 4)
        optimizers = [torch.optim.SGD(net.parameters(), lr=0.1) for net in (one, two)]
        F.cross_entropy(one(torch.randn(5, 3)), LABELS).backward()
        optimizers[0].step()

    assert (told(train).task, told(train).classes) == ("", 0)
