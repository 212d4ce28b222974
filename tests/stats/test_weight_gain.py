"""What is found out of the first weights: in the lab, in a watched program, in a file; or nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.batch_size import batch_of, samples_and_tokens
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Started
from gradtui.core.snapshot import Grad
from gradtui.instrument.watcher import Watcher
from gradtui.lab.run import Run
from gradtui.runstore.format.run_header import Generation, here
from gradtui.runstore.format.run_json import read_header, write_header
from tests import factories
from tests.instrument.kept import Kept
from tests.runs import VARIETY, scenario


@pytest.mark.parametrize("kind", sorted(VARIETY))
def test_only_plain_stacks_of_the_lab_are_followed(kind: str) -> None:
    tables: dict[str, Any] = VARIETY[kind]
    made = scenario(**tables)
    carried = Run(made, made.setup, device="cpu").info.carried
    model = made.setup.model
    plain = model.kind in ("mlp", "cnn") and model.norm == "none" and not model.residual
    assert bool(carried) == (plain and model.activation not in ("maxout", "prelu", "relu6"))
    assert not Run(made, made.setup, device="cpu", probed=False).info.carried


def train(
    changed: Callable[[list[Tensor]], None] = lambda parameters: None,
    *,
    examples: int = 48,
    bias: bool = True,
    scale: float = 1.0,
) -> tuple[Kept, tuple[float, ...]]:
    """One step of a tanh net of 12 layers, watched; `changed` may clip its gradients."""
    torch.manual_seed(0)
    sizes = [nn.Linear(40, 40) for _ in range(12)]
    net = nn.Sequential(
        *(part for one in sizes for part in (one, nn.Tanh())), nn.Linear(40, 5, bias)
    )
    x, y = torch.randn(examples, 40), torch.randint(0, 5, (examples,))
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    (scale * F.cross_entropy(net(x), y)).backward()  # type: ignore[no-untyped-call]
    changed(list(net.parameters()))
    optimizer.step()
    watcher.close()
    assert sink.log == []
    return sink, next(e.info.carried for e in sink.events if isinstance(e, Started))


def measured(sink: Kept) -> list[float]:
    norms = sink.snapshots[0].grads[:, Grad.NORM]
    rows = np.hypot(norms[::2], norms[1::2])
    return [float(value) for value in np.log10(rows / rows[-1])]


def test_a_watched_program_is_followed_from_its_first_step() -> None:
    sink, carried = train()
    assert carried == pytest.approx(measured(sink), abs=0.15)
    assert max(carried) - min(carried) > 0.5  # there is something to be right about


def test_a_later_layout_keeps_what_the_first_weights_did() -> None:
    """They have moved on by then."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    optimizer = torch.optim.SGD(net.parameters(), lr=10.0)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(net(torch.randn(16, 8)), torch.randint(0, 3, (16,))).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        watcher._layout_builder._news()  # as when a graph shows more of the order of the rows
    watcher.close()
    told = [event.info.carried for event in sink.events if isinstance(event, Started)]
    assert len(told) == 3
    assert len(set(told)) == 1
    assert len(told[0]) == 2


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_clipped_or_scaled_only_the_direction_counts(scale: float) -> None:
    def clip(parameters: list[Tensor]) -> None:
        nn.utils.clip_grad_norm_(parameters, 1e-4)

    sink, carried = train(clip, scale=scale)
    assert carried == pytest.approx(measured(sink), abs=0.25)


def test_where_nothing_enters_nothing_is_said() -> None:
    def drop(parameters: list[Tensor]) -> None:
        parameters[-1].grad = None

    assert train(drop)[1] == ()
    assert train(bias=False)[1] == ()


def test_batches_are_read_off_the_graph() -> None:
    net, x = nn.Linear(3, 4), torch.randn(7, 3)
    labels = torch.zeros(7, dtype=torch.long)
    assert batch_of(F.cross_entropy(net(x), labels).grad_fn) == 7
    assert batch_of((F.cross_entropy(net(x), labels, reduction="none").mean() / 2).grad_fn) == 7
    assert batch_of(F.mse_loss(net(x), torch.zeros(7, 4)).grad_fn) == 7
    assert batch_of((net(x).sum() + net(x).mean()).grad_fn) == 0
    assert batch_of(torch.ones(3, requires_grad=True).sum().grad_fn) == 0


def test_examples_and_the_positions_of_sequences() -> None:
    labels = torch.zeros(6, 5, dtype=torch.int64)
    scores = nn.Linear(4, 9)(torch.ones(6, 5, 4))
    for flat in (scores.view(-1, 9), scores.reshape(30, 9), scores.flatten(0, 1)):
        loss = F.cross_entropy(flat, labels.view(-1))
        assert samples_and_tokens(loss.grad_fn) == (6, 30)
    shifted = scores[:, :-1].contiguous().view(-1, 9)
    loss = F.cross_entropy(shifted, labels[:, 1:].reshape(-1))
    assert samples_and_tokens(loss.grad_fn) == (6, 24)
    assert samples_and_tokens(F.cross_entropy(scores.transpose(1, 2), labels).grad_fn) == (6, 0)
    plain = nn.Linear(4, 9)(torch.ones(7, 4))
    assert samples_and_tokens(F.cross_entropy(plain, labels.view(-1)[:7]).grad_fn) == (7, 0)
    assert samples_and_tokens(F.mse_loss(plain, torch.zeros(7, 9)).grad_fn) == (7, 0)
    assert samples_and_tokens(torch.ones(3, requires_grad=True).sum().grad_fn) == (0, 0)


def test_a_file_keeps_it_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    info = replace(factories.run_info(), carried=(0.25, -1.5, 0.0))
    header = here()
    header.generations.append(Generation(factories.mlp_layout(3), info))
    write_header(tmp_path, header)
    (path,) = tmp_path.iterdir()
    assert read_header(path).generations == header.generations
    data = json.loads(path.read_text())
    told = data["generations"][0]["info"]
    del told["carried"]  # as older versions wrote it
    path.write_text(json.dumps(data))
    assert read_header(path).generations[0].info.carried == ()
    for odd in (3, "much", ["x"], None, [[1.0]]):
        told["carried"] = odd
        path.write_text(json.dumps(data))
        with pytest.raises(GradtuiError, match="damaged"):
            read_header(path)
