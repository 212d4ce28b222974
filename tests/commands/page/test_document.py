"""The page as a whole: what is on it, and that nothing but itself is needed to see it."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gradtui.cli import main
from gradtui.commands.page import assets
from gradtui.commands.page.contents import PageContents
from gradtui.commands.page.document import page
from gradtui.commands.page.findings import look
from gradtui.commands.report import Report
from gradtui.core.event import Ended, Failed
from gradtui.core.layout import Layout
from tests.factories import exploding, healthy, snapshots, vanishing
from tests.runstore.recorded import record

HARMLESS = '</script><b id="x">'


class Read(HTMLParser):
    """Elements and their texts."""

    VOID = ("meta", "br", "input", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def count(self, tag: str, **attributes: str) -> int:
        return sum(
            name == tag and all(had.get(k.rstrip("_")) == v for k, v in attributes.items())
            for name, had in self.tags
        )


def exported(run: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, Read]:
    assert main(["export", str(run), "--format", "html"]) == 0
    text = capsys.readouterr().out
    return text, Read(text)


def renamed(layout: Layout, name: str) -> Layout:
    """The first layer has another name."""
    row = replace(layout.rows[0], name=name)
    tensors = [replace(t, name=t.name.replace("layers.0", name)) for t in layout.tensors]
    return Layout(tuple(tensors), (row, *layout.rows[1:]))


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    made = vanishing(8, steps=120)
    command = ("python", "train.py", "--token", "hush", HARMLESS)
    layout = renamed(made.layout, HARMLESS)
    run = tmp_path / "sick"
    things = [replace(one) for one in snapshots(made)]
    record(run, [*things, Ended(1, 120, "finished")], layout, made.info, command=command)  # type: ignore[list-item]
    (run / "output.log").write_text(f"epoch 1\n{HARMLESS}\x1b[31mred\n")
    return run


def test_the_page_tells_all_of_a_run(sick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, read = exported(sick, capsys)
    assert "sick: vanishing gradient" in read.texts["h1"][0]
    assert read.texts["title"][0].startswith("✗ sick: vanishing gradient")
    assert "hush" not in text
    assert "***" in text
    (finding,) = (t for t in read.texts["article"] if "vanishing" in t)
    assert "Why:" in finding
    assert "since step 0" in finding
    assert any("model" in code for code in read.texts["pre"])
    charts = [had.get("data-chart") for tag, had in read.tags if tag == "figure"]
    assert charts == ["loss", "norm", "lr", "heat"]
    assert len(read.texts["tbody"]) == 1
    assert read.count("tr") == 1 + 8
    terms = dict(zip(read.texts["dt"], read.texts["dd"], strict=True))
    assert terms["device"] == "cpu"
    assert terms["optimizer"] == "sgd lr 0.1"
    assert terms["steps"] == "120, gradients measured at 120 of them (100 %)"
    assert "UTC" in terms["started"]
    assert "numpy" in terms["versions"]
    assert "epoch 1" in read.texts["pre"][-1]


def test_names_of_a_run_are_words_and_no_markup(
    sick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, read = exported(sick, capsys)
    assert HARMLESS not in text
    assert "\x1b" not in text
    assert read.count("b", id="x") == 0
    assert HARMLESS in read.texts["tbody"][0]
    data = json.loads(read.texts["script"][0])
    assert data["layers"][0] == HARMLESS
    assert len(read.texts["script"]) == 2


def test_the_page_needs_nothing_but_itself(sick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, read = exported(sick, capsys)
    policy = next(
        had["content"]
        for tag, had in read.tags
        if tag == "meta" and had.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    for kind, given in (("script", read.texts["script"][1]), ("style", read.texts["style"][0])):
        digest = base64.b64encode(hashlib.sha256(given.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    links = [had[k] for _, had in read.tags for k in ("src", "href", "action") if k in had]
    assert all(link is not None and link.startswith("data:image/png;base64,") for link in links)
    assert not any("style" in had or any(k.startswith("on") for k in had) for _, had in read.tags)
    assert "url(" not in text
    assert "@import" not in text


def test_what_the_script_is_given_is_what_is_drawn(
    sick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, read = exported(sick, capsys)
    data = json.loads(read.texts["script"][0])
    assert data["last"] == 119
    loss = data["charts"]["loss"]["curves"][0]
    assert len(loss["steps"]) == len(loss["values"]) == 120
    assert data["charts"]["norm"]["log"] is True
    assert data["heat"]["columns"] * len(data["layers"]) * 2 == len(
        base64.b64decode(data["heat"]["levels"])
    )
    assert data["marks"][0] == [0, "1", "vanishing gradient"]


def test_a_nan_is_marked_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = exploding(6, steps=80, nan_from=50)
    things = [*snapshots(made), Failed(1, 79, "ValueError: <i>", "Traceback")]
    record(tmp_path / "run", things, made.layout, made.info)  # type: ignore[arg-type]
    text, read = exported(tmp_path / "run", capsys)
    data = json.loads(read.texts["script"][0])
    assert data["charts"]["loss"]["curves"][0]["lost"][0] == [50, "nan", False]
    assert data["charts"]["norm"]["curves"][0]["lost"][0] == [50, "nan", False]
    assert [50, "✗", "first NaN or infinity"] in data["marks"]
    assert read.count("text", class_="lost") == 6
    assert "ValueError: &lt;i&gt;" in text
    assert '<section id="nan">' in text
    assert "30 from 50" in text
    assert text.index("ValueError") < text.index('id="findings"')


def test_a_run_of_which_nothing_was_seen_has_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(tmp_path / "run", [])
    text, read = exported(tmp_path / "run", capsys)
    assert read.texts["script"][0] == "null"
    assert "nothing was seen" in read.texts["h1"][0]
    assert "<figure" not in text


def test_a_run_that_goes_on_is_said_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = healthy(2, steps=40)
    record(tmp_path / "run", snapshots(made), made.layout, made.info)
    (tmp_path / "run" / "events.jsonl").unlink()  # no last word, and its process is this one
    _, read = exported(tmp_path / "run", capsys)
    assert "it still runs" in read.texts["header"][0]


def test_several_ranks_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = healthy(4, steps=40)
    for rank in (0, 1):
        record(tmp_path / "run", snapshots(made), made.layout, made.info, rank=rank, world_size=3)
    _, read = exported(tmp_path / "run", capsys)
    terms = dict(zip(read.texts["dt"], read.texts["dd"], strict=True))
    assert terms["processes"].startswith("2 of 3 recorded")
    assert "nothing of rank 2" in terms["processes"]


def test_a_verdict_has_a_look_and_a_sign() -> None:
    report = Report(1, "t", None, "healthy", verdict="healthy", severity="ok", steps=9)
    assert look(report) == "good"
    assert look(replace(report, verdict="undecided", undecided_because="too few")) == "open"
    assert look(replace(report, verdict="plateau", severity="warning")) == "warn"
    assert look(replace(report, verdict="nonfinite", severity="critical")) == "bad"
    assert look(replace(report, command_exit=7)) == "bad"
    text = page(PageContents("t", report, 0.0, story="One.\n\nTwo <b>."))
    assert "<p>One.</p><p>Two &lt;b&gt;.</p>" in text
    assert 'class="verdict good"' in text


def test_style_and_script_can_stand_in_a_page() -> None:
    for text in (assets.style(), assets.script()):
        assert "</" not in text
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "innerHTML" not in assets.script()
    assert "eval(" not in assets.script()


@pytest.mark.slow
def test_a_scenario_has_the_same_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = tmp_path / "tiny.toml"
    tiny.write_text(
        'title = "a <b>"\nexpect = "healthy"\nsteps = 12\n[model]\ndepth = 2\nwidth = 8\n'
    )
    assert main(["export", str(tiny), "--format", "html", "--device", "cpu"]) == 0
    read = Read(capsys.readouterr().out)
    terms = dict(zip(read.texts["dt"], read.texts["dd"], strict=True))
    assert terms["scenario"] == "tiny"
    assert terms["expected"] == "healthy"
    assert terms["steps"] == "12"
    assert read.count("figure") == 4
