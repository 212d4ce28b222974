"""Real trainings sent to a real Prometheus and to real collectors, and what these say of them.

`python -m tests.receivers` fetches what they need; where it is not there they are skipped.
"""

import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import gradtui
from tests.commands.forward.receiver import receiving
from tests.documents.pages import ROOT
from tests.documents.test_forwarding import NAMES
from tests.receivers import collector, prometheus
from tests.receivers.prometheus import Prometheus, Series

pytestmark = pytest.mark.long
RULES = ROOT / "docs" / "forwarding" / "prometheus-rules.yaml"
DASHBOARD = ROOT / "docs" / "forwarding" / "grafana-dashboard.json"
RULE_TESTS = Path(__file__).with_name("prometheus-rules-test.yaml")
WELL = """
import time, torch, gradtui
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
x = torch.randn(64, 8)
y = x[:, :1] + 0.5 * x[:, 1:2]
for step in range(300):
    optimizer.zero_grad()
    loss = (model(x) - y).square().mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 10 == 0:
        gradtui.log({"val/error": loss.item() ** 0.5})
    time.sleep(0.002)  # Prometheus has no two values within a millisecond
"""
BROKEN = """
import time, torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
x = torch.randn(64, 8)
for step in range(100):
    optimizer.zero_grad()
    out = model(x)
    loss = (out - 1).square().mean() if step < 60 else (out - 1e9).sqrt().mean()
    loss.backward()
    optimizer.step()
    time.sleep(0.002)
"""
VANISHING = """
import torch
torch.manual_seed(0)
layers = [m for _ in range(20) for m in (torch.nn.Linear(32, 32), torch.nn.Sigmoid())]
model = torch.nn.Sequential(*layers, torch.nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(300):
    x, y = torch.randn(64, 32), torch.randint(10, (64,))
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
RANKS = """
import torch, torch.distributed as dist
dist.init_process_group("gloo")
torch.manual_seed(0)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
torch.manual_seed(dist.get_rank())
for step in range(60):
    x = torch.randn(16, 8)
    optimizer.zero_grad()
    (model(x) - x[:, :1]).square().mean().backward()
    optimizer.step()
dist.barrier()
dist.destroy_process_group()
"""
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


@dataclass(frozen=True)
class Sent:
    """A training that is over, and what was said of sending it."""

    name: str
    directory: Path
    said: str


@dataclass(frozen=True)
class Fleet:
    """All of them, and the Prometheus that they were sent to."""

    server: Prometheus
    runs: dict[str, Sent]

    def of(self, run: str, metric: str) -> list[Series]:
        return self.server.samples(metric, self.runs[run].name)

    def values(self, run: str, metric: str, **labels: str) -> np.ndarray:
        """Of the one series of that name and these labels."""
        (one,) = (s for s in self.of(run, metric) if labels.items() <= s.labels.items())
        return np.array([value for _, value in one.samples])


def sent(folder: Path, name: str, code: str, to: str, *before: str) -> Sent:
    """Train, and send it on."""
    (folder / f"{name}.py").write_text(code)
    flags = ["--headless", "--runs", str(folder / "runs" / name), f"--to=otlp={to}"]
    program = [sys.executable, *before, f"{name}.py"]
    done = subprocess.run(
        [sys.executable, "-m", "gradtui", "run", *flags, *program],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=folder,
    )
    runs = list((folder / "runs" / name).iterdir())
    assert len(runs) == 1, done.stderr
    return Sent(runs[0].name, runs[0], done.stderr)


def eventually(found: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Collectors hand on, and rules are looked at, every now and then."""
    until = time.monotonic() + seconds
    while not found():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def hasty(folder: Path) -> Path:
    """The alerts, without their minutes of patience: those are promtool's matter."""
    rules = folder / "rules.yaml"
    rules.write_text(re.sub(r"for: \d+m", "for: 1s", RULES.read_text()))
    return rules


@pytest.fixture(scope="module")
def program() -> prometheus.Found:
    found = prometheus.found()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="module", params=["its own receiver", "a collector"])
def fleet(
    request: pytest.FixtureRequest,
    program: prometheus.Found,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet]:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    folder = tmp_path_factory.mktemp("fleet")
    with prometheus.running(program, folder / "prometheus", rules=hasty(folder)) as server:
        if request.param == "its own receiver":
            if not server.otlp:
                pytest.skip(prometheus.UNBUILT)
            yield trained(folder, server, server.otlp)
            return
        between = collector.vmagent()
        if between is None:
            pytest.skip(collector.NONE["vmagent"])
        with collector.handing_on(between, folder / "vmagent", server.remote_write) as place:
            yield trained(folder, server, place)


def trained(folder: Path, server: Prometheus, place: str) -> Fleet:
    runs = {
        "well": sent(folder, "well", WELL, place),
        "broken": sent(folder, "broken", BROKEN, place),
        "vanishing": sent(folder, "vanishing", VANISHING, place),
        "ranks": sent(folder, "ranks", RANKS, place, *TORCHRUN),
    }
    fleet = Fleet(server, runs)
    for name, run in runs.items():
        last = int(gradtui.open_run(run.directory).steps[-1])

        def came(name: str = name, last: int = last) -> bool:
            return any(s.samples[-1][1] == last for s in fleet.of(name, "gradtui_step"))

        assert eventually(came), run.said
    return fleet


def test_every_series_of_the_page_is_there_with_its_labels(fleet: Fleet) -> None:
    found = {name: fleet.server.samples(name) for name in fleet.server.ask("label/__name__/values")}
    found = {name: series for name, series in found.items() if name in NAMES}
    assert set(found) == NAMES
    known = {run.name: name for name, run in fleet.runs.items()}
    more = {
        "gradtui_layer_gradient_norm": {"gradtui_layer"},
        "gradtui_layer_update_ratio": {"gradtui_layer"},
        "gradtui_finding": {"gradtui_symptom"},
        "gradtui_logged": {"gradtui_metric"},
    }
    for name, every in found.items():
        for series in every:
            own = {label for label in series.labels if label.startswith("gradtui_")}
            own -= {"gradtui_command"}  # of the resource, which a collector makes labels of
            assert own == {"gradtui_run", "gradtui_rank"} | more.get(name, set())
            several = known[series.labels["gradtui_run"]] == "ranks"
            rank = {"0", "1"} if name.startswith("gradtui_rank_") else {"all" if several else "0"}
            assert series.labels["gradtui_rank"] in rank


def test_every_point_is_there_with_its_value_and_at_its_time(fleet: Fleet) -> None:
    run = gradtui.open_run(fleet.runs["well"].directory)
    scalars = run.scalars
    assert list(fleet.values("well", "gradtui_loss")) == scalars["loss"].tolist()
    assert list(fleet.values("well", "gradtui_learning_rate")) == scalars["lr"].tolist()
    (loss,) = fleet.of("well", "gradtui_loss")
    times = [when for when, _ in loss.samples]
    moved = np.array(times) - scalars["time"]  # by a machine that holds the training now and then
    assert (np.diff(times) > 0).all()
    assert moved.min() > -0.0011
    assert moved.max() < 1.0011
    measured = scalars[np.searchsorted(scalars["step"], run.measured_steps)]
    total = fleet.values("well", "gradtui_gradient_total_norm")
    assert len(total) == len(measured)
    known = ~np.isnan(
        measured["total_norm"]
    )  # of the last step it may not be, if that had to be quick
    assert known[:-1].all()
    assert total[known] == pytest.approx(measured["total_norm"][known])
    clipped = fleet.values("well", "gradtui_gradient_clipped_norm")
    assert clipped == pytest.approx(measured["clipped_norm"][known])
    for layer in ("0", "2"):
        norms = fleet.values("well", "gradtui_layer_gradient_norm", gradtui_layer=layer)
        assert len(norms) == len(run.kept_steps)
        ratios = fleet.values("well", "gradtui_layer_update_ratio", gradtui_layer=layer)
        assert 0 < len(ratios) <= len(run.weight_steps)
        assert np.isfinite(ratios).all()
    logged = fleet.values("well", "gradtui_logged", gradtui_metric="val/error")
    assert list(logged) == run.metrics["val/error"].value.tolist()
    assert len(logged) == 30
    assert fleet.values("well", "gradtui_severity")[-1] == 0
    # All but what is told, which Prometheus takes in no form.
    said = re.search(r"otlp: ([\d,]+) of ([\d,]+) points sent to", fleet.runs["well"].said)
    assert said is not None
    arrived, given = (int(count.replace(",", "")) for count in said.groups())
    assert 0 < given - arrived <= 3
    assert "thinned" not in fleet.runs["well"].said


def test_a_nan_is_a_nan(fleet: Fleet) -> None:
    loss = fleet.values("broken", "gradtui_loss")
    assert len(loss) == 100
    assert [math.isnan(value) for value in loss] == [step >= 60 for step in range(100)]
    finding = fleet.values("broken", "gradtui_finding", gradtui_symptom="nonfinite")
    assert finding[-1] == 2
    assert fleet.values("broken", "gradtui_severity")[-1] == 2


def test_each_rank_has_its_own_step_and_norm(fleet: Fleet) -> None:
    run = gradtui.open_run(fleet.runs["ranks"].directory)
    total = fleet.values("ranks", "gradtui_gradient_total_norm", gradtui_rank="all")
    norms = run.scalars["total_norm"][np.searchsorted(run.scalars["step"], run.measured_steps)]
    assert len(total) == len(norms)
    assert total[:-1] == pytest.approx(norms[:-1])
    for rank in ("0", "1"):
        assert fleet.values("ranks", "gradtui_rank_step", gradtui_rank=rank)[-1] == 59
        own = fleet.values("ranks", "gradtui_rank_gradient_norm", gradtui_rank=rank)
        assert any(own[-1] == pytest.approx(norm, rel=1e-4) for norm in total)


def test_alerts_fire_for_sick_runs_and_for_no_other(fleet: Fleet) -> None:
    def firing() -> set[tuple[str, str]]:
        return {
            (name, labels["gradtui_run"])
            for name, state, labels in fleet.server.alerts()
            if state == "firing" and name != "TrainingStalled"
        }

    broken, vanishing = fleet.runs["broken"].name, fleet.runs["vanishing"].name
    expected = {("TrainingNotFinite", broken), ("TrainingSick", vanishing)}
    assert eventually(lambda: firing() >= expected)
    time.sleep(3.0)  # what alarms later than these would do so in one of the next looks
    assert {run for _, run in firing()} <= {broken, vanishing}


def test_every_query_of_the_dashboard_returns_something(fleet: Fleet) -> None:
    board = json.loads(DASHBOARD.read_text())
    run = board["templating"]["list"][1]
    assert run["query"]["query"] == "label_values(gradtui_step, gradtui_run)"
    names = {one.name for one in fleet.runs.values()}
    chosen = {"match[]": "gradtui_step"}
    assert set(fleet.server.ask("label/gradtui_run/values", **chosen)) == names
    for panel in board["panels"]:
        for target in panel["targets"]:
            asked = target["expr"].replace("$run", "|".join(names))
            assert fleet.server.query(f"last_over_time(({asked})[1h:5s])"), panel["title"]
            shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            for one in fleet.server.query(f"last_over_time(({asked})[1h:5s])"):
                assert shown <= one.labels.keys()


def test_the_rules_are_sound(program: prometheus.Found, tmp_path: Path) -> None:
    def promtool(*words: object) -> str:
        done = subprocess.run(
            [program.promtool, *map(str, words)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "5 rules found" in promtool("check", "rules", RULES)
    tests = tmp_path / "tests.yaml"
    tests.write_text(RULE_TESTS.read_text().replace("[RULES]", json.dumps([str(RULES)])))
    assert "SUCCESS" in promtool("test", "rules", tests)


def test_a_collector_relays_values_and_findings(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    relay = collector.rotel()
    if relay is None:
        pytest.skip(collector.NONE["rotel"])
    with receiving() as got, collector.relaying(relay, tmp_path / "rotel", got.url) as place:
        run = sent(tmp_path, "broken", BROKEN, place)
        assert eventually(lambda: any(r.event_name == "gradtui.end" for r in got.records()))
        assert eventually(lambda: len(got.points()["gradtui.loss"]) == 100)
    assert re.search(r"otlp: [\d,]+ points sent to", run.said)
    recorded = gradtui.open_run(run.directory).scalars["loss"]
    loss = sorted(got.points()["gradtui.loss"], key=lambda point: point.time_unix_nano)
    assert [one.as_double for one in loss] == pytest.approx(recorded.tolist(), nan_ok=True)
    events = [record.event_name for record in got.records()]
    assert {"gradtui.nonfinite", "gradtui.finding", "gradtui.end"} <= set(events)
