"""The autopsy of programs that are watched: it reaches the run directory and whoever reads it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import gradtui
from gradtui.core.autopsy import Autopsy
from gradtui.core.event import Started
from gradtui.core.history import History
from gradtui.core.snapshot import NonFinite
from gradtui.doctor.diagnose import diagnose
from gradtui.instrument.grad_scalers import SkippedSteps
from gradtui.instrument.watcher import Watcher
from gradtui.patching.enclosure import enclosure
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.open_run import open_run
from tests.instrument.kept import Kept
from tests.nan_trace.broken import WIDTH, Do, zero


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    torch.manual_seed(0)
    yield sink
    watcher.close()
    assert sink.log == []


def sees(kept: Kept) -> NonFinite:
    found = [s.nonfinite for s in kept.snapshots if s.nonfinite is not None]
    assert [one.autopsy is not None for one in found] == [True, *[False] * (len(found) - 1)]
    return found[0]


def autopsy(kept: Kept) -> Autopsy:
    found = sees(kept).autopsy
    assert found is not None
    return found


class Late(nn.Module):
    """Breaks at its fourth call."""

    def __init__(self, fault: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.calls, self.fault = 0, fault

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.fault(x) if self.calls == 4 else x


def net(*middle: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(WIDTH, WIDTH), *middle, nn.Linear(WIDTH, WIDTH))


def x() -> Tensor:
    return torch.randn(4, WIDTH)


@pytest.mark.parametrize(
    ("phase", "fault"),
    [("forward", lambda x: zero(x).log()), ("backward", lambda x: zero(x).sqrt())],
)
def test_the_step_that_breaks_is_examined_and_no_other(
    kept: Kept, phase: str, fault: Callable[[Tensor], Tensor]
) -> None:
    model = net(nn.ReLU(inplace=True), Late(fault))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(7):
        optimizer.zero_grad()
        model(x()).square().mean().backward()
        optimizer.step()
    found = autopsy(kept)
    assert (found.step, found.phase, found.module) == (3, phase, "2")
    assert sees(kept)[:3] == (3, phase, "2")
    calls = enclosure(nn.Module, "__call__", ("self", "args", "kwargs"))
    assert calls is not None
    posts = [one._post() for one in calls._listeners]  # type: ignore[attr-defined]
    assert not any(post.root(model) for post in posts if post is not None)


def test_two_models_go_by_their_names(kept: Kept) -> None:
    maker, critic = net(), net(Late(lambda x: zero(x).sqrt()))
    ours = torch.optim.SGD(maker.parameters(), 0.1)
    theirs = torch.optim.SGD(critic.parameters(), 0.1)
    for _ in range(4):
        critic(maker(x()).detach()).square().mean().backward()
        theirs.step()
        critic(maker(x())).mean().backward()
        ours.step()
        for one in (maker, critic):
            one.zero_grad()
    assert autopsy(kept).module == "critic.1"


def test_the_second_of_two_optimizers(kept: Kept) -> None:
    one, two = net(), net(Do(lambda x: zero(x).sqrt()))
    first = torch.optim.SGD(one.parameters(), 0.1)
    second = torch.optim.SGD(two.parameters(), 0.1)
    (one(x()).mean() + two(x()).mean()).backward()
    first.step()
    second.step()
    found = autopsy(kept)
    assert (found.step, found.phase, found.module) == (1, "backward", "two.1")


def test_a_loss_of_the_program_has_its_name(kept: Kept) -> None:
    class Odd(nn.Module):
        def forward(self, out: Tensor) -> Tensor:
            return zero(out).log().mean()

    model, criterion = net(), Odd()
    optimizer = torch.optim.Adam(model.parameters())
    criterion(model(x())).backward()
    optimizer.step()
    assert (autopsy(kept).module, autopsy(kept).kind) == ("criterion", "Odd")


def test_weights_that_an_update_has_broken(kept: Kept) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for step in range(3):
        model(x()).mean().backward()
        optimizer.step()
        if step == 1:
            with torch.no_grad():
                model[1].weight[0, 0] = torch.nan
    found = autopsy(kept)
    assert (found.step, found.phase, found.module, found.tensor) == (1, "weights", "1", "weight")


def test_evaluations_of_a_closure(kept: Kept) -> None:
    model = net(Late(lambda x: zero(x).sqrt()))
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=9)
    batch = x()

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = model(batch).square().mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert (autopsy(kept).phase, autopsy(kept).module) == ("backward", "1")


def test_a_program_without_optimizer(kept: Kept) -> None:
    model = net(Late(lambda x: zero(x).sqrt()))
    watcher = Watcher(kept, models=[model])
    for _ in range(6):
        model(x()).square().mean().backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad  # type: ignore[operator]
                p.grad = None
    watcher.close()
    found = [s.nonfinite.autopsy for s in kept.snapshots if s.nonfinite and s.nonfinite.autopsy]
    assert found
    assert (found[0].step, found[0].phase, found[0].module) == (3, "backward", "1")


def test_what_a_scaler_catches_is_not_examined(kept: Kept) -> None:
    model = net(Late(lambda x: zero(x).sqrt()))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for _ in range(6):
        optimizer.zero_grad()
        scaler.scale(model(x()).square().mean()).backward()
        scaler.step(optimizer)
        scaler.update()
    assert [s.step for s in kept.snapshots if s.skipped] == [3]
    assert all(s.nonfinite is None for s in kept.snapshots)


def logs(y: Tensor) -> Tensor:
    return zero(y).log().mean()


def roots(y: Tensor) -> Tensor:
    return zero(y).sqrt().mean()


@pytest.mark.parametrize("loss", [logs, roots])
def test_what_no_scale_makes_finite_is_examined(
    kept: Kept, loss: Callable[[Tensor], Tensor]
) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**9)
    for step in range(20):
        optimizer.zero_grad()
        y = model(x())
        scaler.scale(y.square().mean() if step < 4 else loss(y)).backward()
        scaler.step(optimizer)
        scaler.update()
    found = autopsy(kept)
    assert found.operation == {"logs": "log", "roots": "sqrt"}[loss.__name__]
    assert "test_scene.py:" in found.source
    # From 512 down to below 1 it may have been the scale.
    assert found.step == 14
    assert [s.step for s in kept.snapshots if s.skipped] == [*range(4, 20)]
    started = next(e for e in kept.events if isinstance(e, Started))
    history = History(started.layout, started.info)
    for snapshot in kept.snapshots:
        history.append(snapshot)
    said = diagnose(history.facts())
    assert said.verdict == "nonfinite"
    assert f"{found.operation} " in said.findings[0].evidence
    assert "a loss scale of 0.5 did not help" in said.findings[0].evidence


def test_steps_that_a_large_scale_costs_are_its_own_business(kept: Kept) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    for _ in range(12):
        optimizer.zero_grad()
        # As float16 does: what is too large for it becomes infinite.
        scaler.scale(model(x()).square().mean()).backward()
        for p in model.parameters():
            assert p.grad is not None
            p.grad[p.grad.abs() > 2.0**115] = torch.inf
        scaler.step(optimizer)
        scaler.update()
    assert sum(s.skipped for s in kept.snapshots) >= SkippedSteps.ASKED
    assert all(s.nonfinite is None for s in kept.snapshots)


def trained(watched: bool) -> list[bytes]:
    torch.manual_seed(5)
    watcher = Watcher(Kept()) if watched else None
    model = net(nn.Dropout(0.3), nn.BatchNorm1d(WIDTH), Late(lambda x: zero(x).sqrt()))
    optimizer = torch.optim.AdamW(model.parameters(), 0.1)
    for _ in range(6):
        optimizer.zero_grad()
        model(x()).square().mean().backward()
        optimizer.step()
    if watcher is not None:
        watcher.close()
    tensors = [*model.state_dict().values(), torch.get_rng_state()]
    return [t.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() for t in tensors]


def test_nothing_changes() -> None:
    assert trained(watched=True) == trained(watched=False)


def test_it_reaches_the_readers(tmp_path: Path) -> None:
    model = net(Late(lambda x: zero(x).log()))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with gradtui.watch(model, directory=tmp_path / "run"):
        for _ in range(6):
            optimizer.zero_grad()
            model(x()).square().mean().backward()
            optimizer.step()
    run = open_run(tmp_path / "run")
    found = run.autopsy
    assert found is not None
    assert (found.step, found.phase, found.module, found.operation) == (3, "forward", "1", "log")
    assert len(found.around) == 4
    assert run.first_nonfinite is not None
    assert run.first_nonfinite.autopsy == found
    facts = load_facts(tmp_path / "run")
    assert facts.first_nonfinite == run.first_nonfinite
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    (line,) = [line for line in lines if json.loads(line)["kind"] == "nonfinite"]
    assert len(line) < 8000
