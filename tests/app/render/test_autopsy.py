"""The banner and the modules around the one in which a NaN was born."""

from dataclasses import replace

from gradtui.app.render.autopsy import autopsy_lines
from gradtui.app.render.banner import banner_lines
from gradtui.app.render.line import Line
from gradtui.core.autopsy import Autopsy, ModuleRange, Span
from gradtui.core.snapshot import NonFinite
from tests.factories import healthy, view

FINE, BROKEN = Span(0.1, 6.5, 0, 64), Span(0.1, 3.0, 32, 64)


def found(at: int = 4, modules: int = 10) -> Autopsy:
    around = tuple(
        ModuleRange(f"block{i}[red]\x1b", "Linear", FINE, BROKEN if i == at else FINE, FINE)
        for i in range(modules)
    )
    words = "it \x1b[2J overflowed " + "x" * 200
    return Autopsy(step=3, phase="forward", words=words, around=around, at=at)


def texts(lines: tuple[Line, ...] | list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_few_modules_before_and_after() -> None:
    head, *rows = texts(list(autopsy_lines(found(), 80)))
    assert head.split() == ["weights", "output", "gradient"]
    assert [row.split()[0].removeprefix("▸")[:6] for row in rows] == [
        f"block{i}" for i in range(1, 8)
    ]
    assert "▸" in rows[3]
    assert "32 bad" in rows[3]
    assert all("bad" not in row for i, row in enumerate(rows) if i != 3)
    assert not any("\x1b" in row for row in rows)


def test_nothing_where_no_module_is_named() -> None:
    assert list(autopsy_lines(found(at=-1), 80)) == []
    assert list(autopsy_lines(Autopsy(3, "data", at=5), 80)) == []


def test_the_banner_says_how_it_came_about_and_keeps_to_its_width() -> None:
    shown = view(healthy())
    assert shown.facts is not None
    seen = NonFinite(3, "forward", "block4", "output", found())
    facts = replace(shown.facts, first_nonfinite=seen)
    lines = texts(banner_lines(replace(shown, facts=facts), 100))
    assert len(lines) == 2
    assert [len(line) for line in lines] == [100, 100]
    assert "step 3, in the forward pass, block4" in lines[0]
    assert "overflowed xxx" in lines[1]
    assert lines[1].endswith("x…")
    assert "\x1b" not in lines[1]
    bare = replace(facts, first_nonfinite=seen._replace(autopsy=None))
    assert len(banner_lines(replace(shown, facts=bare), 100)) == 1
