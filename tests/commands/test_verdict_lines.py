"""The last lines on a command, from records that ended in one way or another."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradtui.commands.command_verdict import judged
from gradtui.commands.report import Report
from gradtui.commands.verdict_lines import closing_lines
from gradtui.core.event import Ended, Failed
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.files.disk import append_line
from gradtui.runstore.format.json_lines import dumps
from gradtui.runstore.writer.launch_record import record_exit
from tests.factories import snapshot
from tests.runstore.recorded import LAYOUT, ROWS, record

STEPS = 40
COMMAND = ["python", "train.py"]


def steps(every: int = 1) -> list[object]:
    grads = np.full(ROWS, 0.1)
    return [
        snapshot(LAYOUT, step, grads, loss=1.0 / (step + 1), slow=True)
        for step in range(0, STEPS, every)
    ]


def said(directory: Path, **known: object) -> tuple[Report, list[str]]:
    report = judged(directory, COMMAND, **known)  # type: ignore[arg-type]
    return report, list(closing_lines(report))


def broken_off(directory: Path) -> None:
    """Take the last words out of a record, as if its process had been killed."""
    path = directory / "events.jsonl"
    kept = [line for line in path.read_text().splitlines() if '"kind":"closed"' not in line]
    path.write_text("".join(line + "\n" for line in kept))


def test_a_whole_run_is_healthy_in_one_line(tmp_path: Path) -> None:
    record(tmp_path, [*steps(), Ended(1, STEPS, "finished")])  # type: ignore[list-item]
    report, lines = said(tmp_path, code=0)
    assert lines == [f"healthy; recorded in {tmp_path}"]
    assert report.exit_code == 0


def test_an_exception_comes_before_the_verdict(tmp_path: Path) -> None:
    failure = Failed(1, STEPS - 1, "ValueError: gone\nmore", "Traceback ...")
    record(tmp_path, [*steps(), failure])  # type: ignore[list-item]
    report, lines = said(tmp_path, code=1)
    assert lines == [
        "exited with 1",
        "ValueError: gone (at step 39)",
        f"healthy until step 39; recorded in {tmp_path}",
    ]
    assert report.exit_code == 1
    assert report.exception == "ValueError: gone"


def test_a_killed_run_says_by_what_and_how_far_it_is_known(tmp_path: Path) -> None:
    record(tmp_path, steps())  # type: ignore[arg-type]
    broken_off(tmp_path)
    record_exit(tmp_path, 137)
    report, lines = said(tmp_path)  # as whoever looks later
    assert lines[0].startswith("killed by SIGKILL")
    assert lines[1].startswith("healthy until step 39; ")
    assert (report.signal, report.exit_code) == ("SIGKILL", 137)


def test_a_killed_run_says_how_many_steps_may_be_missing(tmp_path: Path) -> None:
    paced = [replace(one, time=1000.0 + 0.02 * i) for i, one in enumerate(steps())]  # type: ignore[type-var]
    record(tmp_path, paced)  # type: ignore[arg-type]
    broken_off(tmp_path)
    _, lines = said(tmp_path, code=137)
    assert "up to some 60 steps after the last one on disk may be missing" in lines[0]


def test_a_kill_before_the_first_record_is_no_riddle(tmp_path: Path) -> None:
    from gradtui.runstore.writer.launch_record import record_launch

    record_launch(tmp_path, COMMAND)
    report, lines = said(tmp_path, code=137)
    assert lines[0].startswith("killed by SIGKILL")
    assert "before its first step" in lines[1]
    assert report.verdict == "failed"


def test_what_the_disk_did_not_take_comes_before_the_verdict(tmp_path: Path) -> None:
    record(tmp_path, [*steps(), Ended(1, 90, "finished")])  # type: ignore[list-item]
    told = {"kind": "dropped", "count": 50, "bare": 2, "why": "No space left on device"}
    append_line(tmp_path / "events.jsonl", dumps({"time": 0.0, "rank": 0} | told))
    report, lines = said(tmp_path, code=0)
    assert lines == [
        "50 steps are in no file: No space left on device",
        "2 steps have no gradients on disk: No space left on device",
        f"healthy, 38 of 90 steps measured; recorded in {tmp_path}",
    ]
    assert report.dropped == {"count": 50, "bare": 2, "why": "No space left on device"}
    assert (report.steps_taken, report.steps_measured) == (90, 38)


def test_a_disk_that_takes_not_even_the_end(tmp_path: Path) -> None:
    record(tmp_path, steps())  # type: ignore[arg-type]
    broken_off(tmp_path)
    _, lines = said(tmp_path, code=0, disk="No space left on device")
    assert lines[0] == "the record could not be written to its end: No space left on device"
    assert lines[1].startswith("healthy until step 39; ")


def test_a_process_that_leaves_without_a_word(tmp_path: Path) -> None:
    record(tmp_path, steps())  # type: ignore[arg-type]
    broken_off(tmp_path)
    _, lines = said(tmp_path, code=0)
    assert lines[0].startswith("the record breaks off")
    assert lines[1].startswith("healthy until step 39; ")


def test_a_sick_run_has_its_cause_and_first_remedy(tmp_path: Path) -> None:
    seen = NonFinite(STEPS, "forward", "", "loss")
    broken = np.full(ROWS, np.nan)
    last = snapshot(LAYOUT, STEPS, broken, loss=np.nan, nonfinite=seen)
    record(tmp_path, [*steps(), last, Ended(1, STEPS + 1, "finished")])  # type: ignore[list-item]
    report, lines = said(tmp_path, code=0)
    assert lines[0].startswith("sick: nonfinite: ")
    assert report.exit_code == 4
    assert report.findings[0]["evidence"] in lines[0]
    assert lines[1] == f"  why: {report.findings[0]['cause']}"
    assert lines[2] == f"  try: {report.findings[0]['remedies'][0]}"
    assert lines[-1] == f"recorded in {tmp_path}"


@pytest.mark.parametrize("every", [2, 5])
def test_steps_that_were_left_out_are_counted(tmp_path: Path, every: int) -> None:
    record(tmp_path, [*steps(every=every), Ended(1, STEPS, "finished")])  # type: ignore[list-item]
    _, lines = said(tmp_path, code=0)
    assert f", {STEPS // every} of {STEPS} steps measured" in lines[0]


def test_the_list_of_runs_says_how_each_ended(tmp_path: Path) -> None:
    from gradtui.runstore.reader.runs import summary

    killed, failed, whole = (tmp_path / name for name in ("killed", "failed", "whole"))
    record(killed, steps())  # type: ignore[arg-type]
    broken_off(killed)
    record_exit(killed, 137)
    record(failed, steps())  # type: ignore[arg-type]
    record_exit(failed, 3)
    record(whole, [*steps(), Ended(1, STEPS + 3, "finished")])  # type: ignore[list-item]
    record_exit(whole, 0)
    found = [summary(path) for path in (killed, failed, whole)]
    assert [one.ending for one in found] == ["killed by SIGKILL", "exited with 3", "ended"]
    assert [one.signal for one in found] == ["SIGKILL", None, None]
    assert [one.steps for one in found] == [STEPS, STEPS, STEPS + 3]  # as its own end counts them
    assert [one.whole for one in found] == [False, True, True]


def test_the_list_of_runs_counts_what_the_disk_did_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gradtui.cli import main

    for name in ("full", "whole"):
        record(tmp_path / name, [*steps(), Ended(1, 90, "finished")], command=COMMAND)  # type: ignore[list-item]
    told = {"kind": "dropped", "count": 50, "bare": 0, "why": "No space left on device"}
    append_line(tmp_path / "full" / "events.jsonl", dumps({"time": 0.0, "rank": 0} | told))
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path))
    assert main(["runs"]) == 0
    whole, full = capsys.readouterr().out.splitlines()
    assert "50 steps are in no file: No space left on device  python train.py" in full
    assert "healthy until 39" in full
    assert "no file" not in whole
    assert main(["runs", "--json"]) == 0
    whole, full = map(json.loads, capsys.readouterr().out.splitlines())
    assert full["dropped"] == {"count": 50, "bare": 0, "why": "No space left on device"}
    assert whole["dropped"] is None


def test_a_page_of_a_killed_run_says_so_and_holds_what_it_printed(tmp_path: Path) -> None:
    from gradtui.cli import main

    run = tmp_path / "run"
    record(run, steps())  # type: ignore[arg-type]
    broken_off(run)
    record_exit(run, 137)
    (run / "output.log").write_text("epoch 1 <done>\n")
    page = tmp_path / "page.html"
    assert main(["export", str(run), "--format", "html", "-o", str(page)]) == 0
    text = page.read_text()
    before, printed = text.split('id="output"')
    for part in ("<title>", "<header"):  # how it ended comes before the verdict
        words = text[text.index(part) :]
        assert words.index("killed by SIGKILL") < words.index("healthy until step 39") < 500
    assert "epoch 1 &lt;done&gt;" in printed
    assert "finished" not in before
