"""What a job on GitHub is told: workflow commands of one line each, and Markdown that means its words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.cli import main
from gradtui.commands.annotations import (
    LONGEST,
    MOST,
    annotation_lines,
    escaped,
    escaped_property,
    line,
    place_of,
)
from gradtui.commands.github_job import tell_job
from gradtui.commands.report import SCHEMA, Report
from gradtui.commands.step_summary import LARGEST, append_summary, plain, span, summary
from gradtui.core.errors import GradtuiError
from gradtui.core.snapshot import NonFinite
from tests.factories import snapshot
from tests.runstore.recorded import LAYOUT, ROWS, record, snap


def finding(symptom: str = "plateau", **told: Any) -> dict[str, Any]:
    code = {"place": "at the top", "code": "x = '```'"}
    remedy = {"id": "r", "remedy": "more", "source": "", "changes": True, "parts": [code]}
    return {
        "symptom": symptom,
        "severity": "warning",
        "layers": [],
        "first_step": 1200,
        "evidence": "the loss: 2.30, 2.30",
        "cause": "nothing moves",
        "remedies": ["more", "less"],
        "prescriptions": [remedy | {"expect": "a fall"}],
    } | told


def report(*findings: dict[str, Any], source: str = "", **told: Any) -> Report:
    seen = {"step": 1, "phase": "", "module": "", "tensor": "", "autopsy": {"source": source}}
    verdict = findings[0]["symptom"] if findings else "healthy"
    told = {"verdict": verdict, "severity": "warning", "findings": list(findings)} | told
    return Report(SCHEMA, "python train.py", None, "healthy", first_nonfinite=seen, **told)


def unescaped(text: str) -> str:
    """What GitHub's runner makes of it: the last code it looks for is that of the percent sign."""
    for code, sign in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, sign)
    return text


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=40)
def test_a_command_is_one_line_whatever_the_words(title: str, message: str) -> None:
    made = line("error", title, message)
    assert "\n" not in made
    assert "\r" not in made
    head, _, rest = made.removeprefix("::").partition("::")
    kind, _, properties = head.partition(" ")
    assert kind == "error"
    assert properties.startswith("title=")
    assert "," not in properties
    assert ":" not in properties
    assert unescaped(rest) == message[:LONGEST]


def test_what_is_escaped() -> None:
    assert escaped("50 %\r\na: b, c") == "50 %25%0D%0Aa: b, c"
    assert escaped_property("50 %\na: b, c") == "50 %25%0Aa%3A b%2C c"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("train.py:41", {"file": "work/train.py", "line": "41"}),
        ("train.py:41 or 44", {"file": "work/train.py", "line": "41"}),
        ("train.py:41 or other.py:3", {"file": "work/train.py", "line": "41"}),
        ("gone.py:41", {}),
        ("../../elsewhere.py:1", {}),
        ("/etc/passwd:1", {}),
        ("<stdin>:1", {}),
        ("train.py", {}),
        ("a\0b:1", {}),
        ("", {}),
    ],
)
def test_places_are_files_of_the_repository(
    source: str, place: dict[str, str], tmp_path: Path
) -> None:
    top, here = tmp_path / "top", tmp_path / "top" / "work"
    here.mkdir(parents=True)
    (here / "train.py").touch()
    (tmp_path / "elsewhere.py").touch()
    assert place_of(report(source=source), here, top) == place


def test_each_finding_is_one(tmp_path: Path) -> None:
    (tmp_path / "train.py").touch()
    many = ["a,b", "c", "d", "e", "f"]
    told = report(
        finding("exploding_gradient", layers=many),
        finding("nonfinite", severity="critical"),
        finding("plateau"),
        source="train.py:7",
    )
    first, second, third = annotation_lines(told, tmp_path, tmp_path)
    head = "::error title=gradtui%3A exploding gradient in a%2Cb%2C c%2C d and 2 more since step 1%2C200::"
    assert first == f"{head}the loss: 2.30, 2.30%0Awhy: nothing moves%0Atry: more%0Atry: less"
    assert second.startswith("::error file=train.py,line=7,title=gradtui%3A nonfinite")
    assert third.startswith("::warning title=")
    assert len(list(annotation_lines(report(*[finding()] * 30), tmp_path, tmp_path))) == MOST


def test_a_command_that_failed_is_one_and_a_healthy_one_none(tmp_path: Path) -> None:
    assert list(annotation_lines(report(), tmp_path, tmp_path)) == []
    told = report(error="the command exited with 7")
    assert list(annotation_lines(told, tmp_path, tmp_path)) == [
        "::error title=gradtui%3A failed::the command exited with 7"
    ]
    assert summary(told).startswith("### gradtui: failed, healthy\n")
    told = report(error="the command exited with 1", ending=["exited with 1", "ValueError: no"])
    assert list(annotation_lines(told, tmp_path, tmp_path)) == [
        "::error title=gradtui%3A failed::exited with 1%0AValueError: no"
    ]


def test_the_summary_has_all_that_a_reader_needs() -> None:
    layers = ["a|b", *(f"layers.{i}" for i in range(30))]
    told = report(finding(layers=layers), notes=["odd batch"], ending=["exited with 3"])
    text = summary(told)
    assert text.startswith("### gradtui: warning: plateau\n".replace("warning:", r"warning\:"))
    assert "`python train.py`" in text
    assert r"| plateau | 1,200 | `a\|b`, `layers.0`" in text
    assert "and 19 more" in text
    assert "- exited with 3" in text
    assert "- note: odd batch" in text
    assert "````python\nx = '```'\n````" in text


def test_what_a_program_says_is_no_markup() -> None:
    assert plain("<b>*x* [a](http://b) @all\x1b[1m") == (
        r"\<b\>\*x\* \[a\]\(http\://b\) \@all\\x1b\[1m"
    )
    assert span("a`b``c") == "``` a`b``c ```"
    text = summary(report(finding(evidence="<script>|a\n# b")))
    assert "<script>" not in text
    assert "\n# b" not in text


def test_a_summary_is_of_limited_size() -> None:
    part = {"place": "here", "code": "x = 1\n" * 2000}
    long = finding()
    long["prescriptions"] = [long["prescriptions"][0] | {"parts": [part] * 30}]
    text = summary(report(long))
    assert len(text) < LARGEST
    assert "nothing moves" in text
    assert "python\n" not in text


def test_it_is_appended(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    append_summary(file, report())
    append_summary(file, report())
    assert file.read_text().count("### gradtui: healthy") == 2
    assert file.read_text().startswith("before\n")
    with pytest.raises(GradtuiError, match="no summary could be written"):
        append_summary(tmp_path / "gone" / "summary.md", report())


@pytest.mark.parametrize(
    ("asked", "variable", "told"),
    [
        (None, "", False),
        (None, "false", False),
        (None, "true", True),
        (True, "", True),
        (False, "true", False),
    ],
)
def test_who_is_told(
    asked: bool | None,
    variable: str,
    told: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", variable)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    tell_job(report(finding()), asked)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("\n::error title=" in err) == told
    assert file.exists() == told


def test_no_summary_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "gone" / "summary.md"))
    tell_job(report(finding()), True)
    assert "gradtui: no summary could be written" in capsys.readouterr().err


def test_a_recorded_run_is_told_of_and_a_scenario_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    seen = NonFinite(9, "forward", "", "loss")
    last = snapshot(LAYOUT, 9, np.full(ROWS, np.nan), loss=np.nan, nonfinite=seen)
    record(tmp_path / "sick", [*(snap(step) for step in range(9)), last])
    words = ["check", "sick", "--runs", str(tmp_path)]
    assert main([*words, "--annotations"]) == 4
    assert "\n::error title=gradtui%3A nonfinite" in capsys.readouterr().err
    assert main([*words, "--no-annotations"]) == 4
    assert capsys.readouterr().err == ""
    assert main(["check", "deep_sigmoid", "--annotations"]) == 2
    assert "not for scenarios" in capsys.readouterr().err
