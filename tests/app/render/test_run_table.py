"""Cells, columns and lines of the list of runs."""

import time
from dataclasses import replace
from math import nan

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.app.render.line import plain, width
from gradtui.app.render.run_cells import (
    file_size,
    short_name,
    state_cell,
    trouble_text,
    verdict_cell,
    when,
)
from gradtui.app.render.run_columns import COLUMNS, GAP, NaturalWidths, fitted
from gradtui.app.render.run_detail import detail_lines
from gradtui.app.render.run_table import place_line, row_line, titles_line, totals
from gradtui.app.run_order import SORTS
from gradtui.app.run_row import RunRow
from tests.app.made_up_runs import BROKEN, GAN, LIVE, NOW, TRAIN, judgement, row, usual

SLOW = [HealthCheck.too_slow]
"""A busy machine is no fault of what is tested."""
ROWS = [
    RunRow(name, row(name).path, end, 1_400_000, "s", told) for name, (end, told) in usual().items()
]
NAMED = {one.name: one for one in ROWS}


def test_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    said = [when(NOW - age, NOW) for age in (0, 59, 60, 3599, 3600, 86_399, 86_400, 400 * 86_400)]
    assert said == [
        "0 s ago",
        "59 s ago",
        "1 min ago",
        "59 min ago",
        "1 h ago",
        "23 h ago",
        "23 Nov 16:00",
        "20 Oct 2024",
    ]
    assert [when(x, NOW) for x in (nan, 1e300)] == ["-", "-"]
    assert when(NOW + 60, NOW) == "24 Nov 16:01"  # another machine's clock


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (-1, "-"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (67_108_864, "67 MB"),
        (10**21, "1000 EB"),
    ],
)
def test_sizes(size: int, said: str) -> None:
    assert file_size(size) == said


def test_cells() -> None:
    assert short_name(GAN) == "gan-000001"
    assert short_name("mine") == "mine"
    assert plain(state_cell(NAMED[GAN])) == "✗ exited with 1"
    assert plain(state_cell(NAMED[GAN], short=True)) == "✗ exit 1"
    killed = row(TRAIN, exit_code=137, signal="SIGKILL")
    assert plain(state_cell(killed)) == "✗ killed by SIGKILL"
    assert plain(state_cell(killed, ascii_only=True, short=True)) == "X SIGKILL"
    assert plain(verdict_cell(NAMED[GAN])) == "✗ exploding gradient until 119"
    assert plain(verdict_cell(NAMED[GAN], short=True)) == "✗ exploding gradient"
    well = replace(NAMED[GAN], judgement=judgement("healthy", severity=0))
    assert plain(verdict_cell(well, short=True)) == "● healthy until 119"
    assert plain(verdict_cell(NAMED[LIVE])) == "○ undecided"
    assert plain(verdict_cell(row(TRAIN))) == "…"
    assert plain(verdict_cell(row(TRAIN, last_step=-1))) == "-"
    assert trouble_text(NAMED[BROKEN]) == "run.json is damaged: KeyError 'step'"


def test_escapes_reach_no_terminal() -> None:
    bad = replace(row("a\x1b[31m"), judgement=judgement("x\x1b]0;t\x07", trouble="\x1b"))
    assert bad.summary is not None
    bad = replace(
        bad, summary=replace(bad.summary, command=("\x1b[2J",), note="\x1b", state="\x1b")
    )
    natural = NaturalWidths().of([bad], NOW)
    lines = [row_line(bad, fitted(natural, 200), NOW, 200, marked=True, ascii_only=False)]
    lines += detail_lines(bad, NOW, 80, 9, False)
    lines.append(place_line("/\x1b", totals([bad]), 1, 1, 80, False))
    assert all(plain(line).isprintable() for line in lines)


@given(st.integers(20, 260), st.sets(st.sampled_from(ROWS)), st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
def test_columns_fit_and_go_by_their_weight(
    cells: int, some: set[RunRow], ascii_only: bool
) -> None:
    natural = NaturalWidths().of(list(some), NOW)
    columns = fitted(natural, cells)
    kept = [column for column, _ in columns.columns]
    assert [c for c in COLUMNS if c in kept] == kept
    assert kept[0].name == "name"
    used = 3 + sum(wide + GAP for _, wide in columns.columns) - GAP
    assert used <= max(cells, 3 + 12)
    gone = [c.weight for c in COLUMNS if c not in kept and natural[c.name] and not c.least]
    solid = [c.weight for c in kept if not c.least and c.weight]
    assert not gone or not solid or max(gone) < min(solid)
    for one in some:
        for line in (
            row_line(one, columns, NOW, cells, marked=True, ascii_only=ascii_only),
            titles_line(columns, "when", True, cells, ascii_only),
        ):
            assert width(line) == cells
            assert not ascii_only or plain(line).isascii()


@given(st.integers(60, 260), st.sets(st.sampled_from(ROWS), min_size=1))
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
def test_no_word_is_cut_but_in_notes_and_commands(cells: int, some: set[RunRow]) -> None:
    columns = fitted(NaturalWidths().of(list(some), NOW), cells)
    for one in some:
        if one.unreadable:
            continue
        line = plain(row_line(one, columns, NOW, cells, marked=False, ascii_only=False))
        for column, _ in columns.columns:
            if column.least or column.name == "name":
                continue
            assert plain(columns.cell_of(column)(one, NOW, False)).strip() in line


def test_what_a_usual_terminal_shows() -> None:
    natural = NaturalWidths().of(ROWS, NOW)
    names = [[c.name for c, _ in fitted(natural, cells).columns] for cells in (52, 79, 139, 199)]
    assert names[0] == ["name", "when", "verdict"]
    assert names[1] == ["name", "when", "state", "loss", "verdict"]
    assert set(names[2]) >= {"duration", "steps", "best", "size", "note"}
    assert set(names[3]) == {column.name for column in COLUMNS}
    assert {column.name for column in COLUMNS} == set(SORTS)


def test_a_long_name_leaves_room_for_the_verdict() -> None:
    rows = [
        replace(row, name=f"20261130-09341{n}-transformer-a9f22{n}") for n, row in enumerate(ROWS)
    ]
    fit = fitted(NaturalWidths().of(rows, NOW), 40)
    (name, wide), (verdict, _) = fit.columns
    assert (name.name, verdict.name) == ("name", "verdict")
    assert wide >= 12


@pytest.mark.parametrize("sort", [column.name for column in COLUMNS])
def test_what_is_sorted_by_is_seen(sort: str) -> None:
    columns = fitted(NaturalWidths().of(ROWS, NOW), 79, sort)
    assert sort in [column.name for column, _ in columns.columns]
    assert "▼" in plain(titles_line(columns, sort, False, 79, False))


def test_a_click_finds_its_column() -> None:
    columns = fitted(NaturalWidths().of(ROWS, NOW), 139)
    titles = plain(titles_line(columns, "when", False, 139, False))
    for column, _ in columns.columns:
        assert columns.at(titles.index(column.title)) is column
    assert columns.at(0) is None
    assert columns.at(500) is None


def test_the_chosen_run_in_full() -> None:
    said = [plain(line) for line in detail_lines(NAMED[GAN], NOW, 76, 9, False)]
    whole = " ".join(" ".join(said).split())
    assert "exploding gradient until 119 since step 0: gradient norm 1e-12" in whole
    assert "for 16:40, 55 steps, loss NaN (best 2.000 at step 90), 1.4 MB; exited with 1" in whole
    assert "python gan.py" in whole
    assert all(len(line) <= 76 for line in said)
    few = [plain(line) for line in detail_lines(NAMED[GAN], NOW, 40, 3, False)]
    assert len(few) == 3
    assert few[0].endswith("…")
    (broken, *_) = detail_lines(NAMED[BROKEN], NOW, 76, 9, False)
    assert "run.json is damaged" in plain(broken)
    assert detail_lines(None, NOW, 76, 9, False) == ()
