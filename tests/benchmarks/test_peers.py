"""The table of what others cost: its parts, without timing anything."""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.benchmarks import costs, monitors
from tests.benchmarks.costs import Cost, bare_rates, cost, percent, spread, table
from tests.benchmarks.monitors import AGAIN, BARE, MONITORS, Monitor
from tests.benchmarks.nets import NETS, Net
from tests.benchmarks.turns import LeftOutError, Process, Turn, read_turn, serve, take_turns


def test_both_devices_have_the_same_nets() -> None:
    assert list(NETS["cpu"]) == list(NETS["cuda"])


@pytest.mark.parametrize("name", NETS["cpu"])
def test_nets_train(name: str) -> None:
    """Every tensor of them gets a gradient that is not nought."""
    net = NETS["cpu"][name](torch.device("cpu"))
    for i in range(2):
        net.optimizer.zero_grad()
        loss = net.loss(i)
        loss.backward()
        net.optimizer.step()
        assert math.isfinite(loss.item())
    for parameter in net.model.parameters():
        assert parameter.grad is not None
        assert parameter.grad.norm() > 1e-12


def test_nets_have_as_many_tensors_as_their_names_say() -> None:
    for name in ("200 tensors", "1000 tensors"):
        net = NETS["cpu"][name](torch.device("cpu"))
        assert len(list(net.model.parameters())) == int(name.split()[0])


PLAIN: list[Callable[[Net, Path], monitors.Each]] = [
    *(monitors.foreach_norm, monitors.total_norm, monitors.item_each)
]


def test_those_that_torch_has_give_the_norms(tmp_path: Path) -> None:
    net = NETS["cpu"]["mlp"](torch.device("cpu"))
    loss = net.loss(0)
    loss.backward()
    each, total, single = (attach(net, tmp_path)(0, loss) for attach in PLAIN)
    wanted = [float(p.grad.double().norm()) for p in net.model.parameters() if p.grad is not None]
    assert each == pytest.approx(wanted, rel=1e-5)
    assert single == pytest.approx(wanted, rel=1e-5)
    assert total == pytest.approx(math.hypot(*wanted), rel=1e-5)


def served(asked: list[str], monitor: str = BARE) -> list[dict[str, object]]:
    out = io.StringIO()
    serve("lstm", monitor, "cpu", Path(), asked, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_question_is_answered_with_the_steps_so_far() -> None:
    first, second = [read_turn(json.dumps(said)) for said in served(["0.001", "0.001"])]
    assert 1 <= first.steps < second.steps
    assert first.rate > 0


@pytest.mark.parametrize("late", [False, True], ids=["attached", "called"])
def test_a_monitor_that_fails_says_why(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def attach(net: Net, place: Path) -> monitors.Each:
        def each(i: int, loss: Tensor) -> None:
            raise RuntimeError("no such\nthing")

        if not late:
            each(0, torch.zeros(()))
        return each

    monkeypatch.setitem(MONITORS, "broken", Monitor(attach, "nothing"))
    (said,) = served(["0.001", "0.001"], "broken")
    with pytest.raises(LeftOutError, match=r"^RuntimeError: no such$"):
        read_turn(json.dumps(said))


class Made:
    """A side with made-up speeds. It fails when they have run out."""

    def __init__(self, name: str, rates: list[float], log: list[str]) -> None:
        self.name, self._rates, self._log = name, iter(rates), log

    def turn(self, seconds: float) -> Turn:
        self._log.append(self.name)
        for rate in self._rates:
            return Turn(rate, 1, 10.0)
        raise LeftOutError("it broke")


def test_who_fails_is_left_out_and_the_others_go_on() -> None:
    log: list[str] = []
    sides = [Made("a", [1, 2, 3], log), Made("b", [1], log), Made("c", [4, 5, 6], log)]
    got, failed = take_turns(sides, 3, 1.0)
    assert {name: [turn.rate for turn in given] for name, given in got.items()} == {
        "a": [1, 2, 3],
        "c": [4, 5, 6],
    }
    assert failed == {"b": "it broke"}
    assert log == ["a", "b", "c", "b", "c", "a", "c", "a"]


def test_a_ratio_is_the_median_of_rounds_against_both_that_are_bare() -> None:
    given = {BARE: [Turn(9, 1, 1), Turn(10, 2, 2)], AGAIN: [Turn(11, 1, 1), Turn(30, 2, 2)]}
    bare = bare_rates(given)
    assert bare == [10, 20]
    found = cost([Turn(5, 1, 1), Turn(5, 2, 7)], bare, 2.0, 0.5)
    assert found == Cost(3.0, 2.5, 3.5, 0.5, 5.0)


def test_bare_stands_at_the_start_and_in_the_middle() -> None:
    assert spread([BARE, AGAIN, "a", "b", "c"]) == [BARE, "a", "b", AGAIN, "c"]


def test_the_table() -> None:
    bare = Cost(1.0, 1.0, 1.0, 1.0, 0.0)
    run = Cost(1.024, 1.0, 1.1, 1.0, 30.4)
    known = {
        "mlp": {BARE: bare, "gradtui run": run, "wandb.watch": run._replace(share=0.001)},
        "cnn": {BARE: bare, "gradtui run": run._replace(ratio=1.2, share=0.5, memory=40.0)},
    }
    assert table(known, {"mlp": 9.0, "cnn": 4.26}).splitlines() == [
        "|  | mlp, 9.0 ms | cnn, 4.3 ms | steps | MiB | what it gives |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        "| bare | 1.00 | 1.00 |  | 0 | nothing |",
        "| gradtui run | 1.02 | 1.20 | 50 % | 40 | norm of each tensor, more at a cadence |",
        "| wandb.watch | 1.02 | - | 0.1 % | 30 | histogram of each tensor |",
    ]


def test_shares_are_not_rounded_to_all_or_nothing() -> None:
    shares = (1.0, 0.998, 0.5, 0.001)
    assert [percent(share) for share in shares] == ["100 %", "99.8 %", "50 %", "0.1 %"]


@pytest.mark.long  # its kin above do without training
def test_processes_take_turns_and_what_gradtui_measured_is_read_from_its_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "WARM_UP", 0.1)
    monkeypatch.setattr(costs, "LONGEST", 2)
    run = "gradtui run --overhead off"
    sides = [
        Process("lstm", BARE),
        Process("lstm", run, overhead=MONITORS[run].overhead),
        Process("lstm", AGAIN),
        Process("no such net", BARE, name="broken"),
    ]
    found, milliseconds, failed = costs.compare(sides, 1, 0.1)
    assert found.keys() == {BARE, run, AGAIN}
    assert found[run].share == 1.0
    assert failed == {"broken": "KeyError: 'no such net'"}
    assert milliseconds > 0
