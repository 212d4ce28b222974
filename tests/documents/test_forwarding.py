"""The page on forwarding, the dashboard and the alerts, against what is sent."""

import json
import re
from typing import Any

import pytest

from gradtui.commands.forward.channels.kinds import KINDS
from gradtui.commands.forward.channels.otlp import REQUEST, log_attributes
from gradtui.commands.forward.channels.otlp_requests import FURTHEST
from gradtui.commands.forward.channels.series import STANDING
from gradtui.commands.forward.followed_run import MOST_LAYERS
from gradtui.commands.forward.logged_values import MOST_METRICS
from gradtui.commands.forward.rank_values import EVERY, MOST_RANKS
from gradtui.commands.forward.records import (
    LAYER_QUANTITIES,
    LOGGED,
    QUANTITIES,
    RANK_NORM,
    Quantity,
    RunAbout,
    Told,
)
from tests.documents.pages import ROOT, page

PAGE = "docs/forwarding.md"
FILES = ROOT / "docs" / "forwarding"
SENT = (*QUANTITIES.values(), *LAYER_QUANTITIES.values(), RANK_NORM, LOGGED, *STANDING)
LABELS = {"gradtui_run", "gradtui_rank", "gradtui_layer", "gradtui_symptom", "gradtui_metric"}


def prometheus(of: Quantity) -> str:
    """As Prometheus names a gauge that comes by OTLP: a share ends in `_ratio`, braces are no unit."""
    name = of.metric.replace(".", "_")
    return name if of.unit != "1" or name.endswith("_ratio") else f"{name}_ratio"


ABOUT = RunAbout("run", "python train.py")
TOLD = Told("finding", 0, 0.0, "plateau", "warning", "a", "b", "c", ("0",))
EVENTS = {f"gradtui.{kind}" for kind in ("finding", "nonfinite", "gone", "end")}
ATTRIBUTES = {
    *log_attributes(TOLD, ABOUT),
    *(f"gradtui.{name}" for name in ("rank", "layer", "metric", "command")),
}
TAGS = {"gradtui.verdict"}
"""Of MLflow."""
OTLP_NAMES = {one.metric for one in SENT} | ATTRIBUTES | EVENTS | TAGS
NAMES = {prometheus(one) for one in SENT}


def test_the_table_has_every_value_by_all_its_names() -> None:
    rows = [line for line in page(PAGE).text.splitlines() if "`gradtui_" in line and "|" in line]
    found = {tuple(cell.strip(" `") for cell in row.split("|")[2:6]) for row in rows}
    layers = {f"NAME/{q.tag}": q for q in LAYER_QUANTITIES.values()}
    own = {f"ranks/RANK/{RANK_NORM.tag}": RANK_NORM, f"{LOGGED.tag}/NAME": LOGGED}
    tagged = {q.tag: q for q in QUANTITIES.values()} | layers | own
    expected = {(tag, q.metric, q.unit, prometheus(q)) for tag, q in tagged.items()}
    expected |= {("", q.metric, q.unit, prometheus(q)) for q in STANDING}
    assert found == expected


def test_every_name_in_the_page_is_one_that_is_sent_and_none_is_missing() -> None:
    names = {span for span in page(PAGE).spans if re.fullmatch(r"gradtui\.[a-z_.]+", span)}
    assert names == OTLP_NAMES


def test_numbers_in_the_page() -> None:
    flat = page(PAGE).flat
    assert f"The first {MOST_LAYERS} layers are sent, the first {MOST_METRICS} names" in flat
    assert f"the lowest {MOST_RANKS} ranks" in flat
    most = {name: f"{kind.most:,}" for name, kind in KINDS.items()}
    assert len({most[name] for name in ("tensorboard", "wandb", "otlp")}) == 1
    assert f"more than {most['otlp']} points (MLflow {most['mlflow']}) come in five" in flat
    assert f"requests of {REQUEST:,} points" in flat
    assert (EVERY, FURTHEST) == (5.0, 1000)


def metrics_in(expression: str) -> set[str]:
    return set(re.findall(r"\bgradtui_\w+", expression)) - LABELS


def test_the_dashboard_asks_for_what_is_sent() -> None:
    board: dict[str, Any] = json.loads((FILES / "grafana-dashboard.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [
        one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query"
    ]
    assert set.union(*map(metrics_in, asked)) == NAMES
    places = [panel["gridPos"] for panel in board["panels"]]
    cells = [
        (x, y)
        for p in places
        for x in range(p["x"], p["x"] + p["w"])
        for y in range(p["y"], p["y"] + p["h"])
    ]
    assert len(cells) == len(set(cells)), "panels overlap"
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in board["panels"]}) == len(places)


def test_the_alerts_ask_for_what_is_sent() -> None:
    yaml: Any = pytest.importorskip("yaml")
    read = yaml.safe_load((FILES / "prometheus-rules.yaml").read_text())
    rules = [rule for group in read["groups"] for rule in group["rules"]]
    for rule in rules:
        assert metrics_in(rule["expr"]) <= NAMES, rule["alert"]
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        shown = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        assert shown <= LABELS
    assert len(rules) == len({rule["alert"] for rule in rules}) == 5
