"""Words and numbers in README and docs that the code knows better: keys, settings, formats, codes."""

import importlib
import re
from typing import Any

import pytest

from gradtui.app.key_bindings import CHART_KEYS, KEYS, bindings, footer_keys, help_keys
from gradtui.app.themes import THEMES
from gradtui.cli import VERBS, build_parser
from gradtui.commands.export import CHOICES, size
from gradtui.commands.report import FREE, Report
from gradtui.commands.settings import Settings, read_settings
from gradtui.commands.themes import checked_theme
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.symptom import VERDICTS
from gradtui.lab.scenario.catalogue import read_catalogue
from gradtui.lab.scenario.values import documented, kinds
from tests.documents.pages import PAGES, README, page, table

FORMAT = page("docs/run-format.md")
TRYING: dict[type, tuple[str, Any]] = {bool: ("0", False), int: ("7", 7), float: ("7", 7.0)}


@pytest.fixture(autouse=True)
def allowance() -> None:
    """The number itself is read here."""


@pytest.mark.parametrize("name", [item.name for item in documented(Settings)])
def test_every_setting_is_a_flag_a_variable_and_a_line_of_the_file(
    name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As README and help say."""
    whole = build_parser().format_help()
    assert f"--{name.replace('_', '-')}" in whole
    kind = kinds(Settings)[name].type
    allowed = next(i for i in documented(Settings) if i.name == name).metadata.get("allowed", ())
    one, other_word = allowed[:2] or ("cpu", "cuda")
    word, value = TRYING.get(kind, (one, one))
    config = tmp_path / "config.toml"
    assert getattr(read_settings({}, {f"GRADTUI_{name.upper()}": word}, config), name) == value
    written = {bool: str(value).lower(), str: f'"{value}"'}.get(kind, str(value))
    config.write_text(f"{name} = {written}\n")
    assert getattr(read_settings({}, {}, config), name) == value
    other = {bool: True, str: other_word}.get(kind, 9)
    assert (
        getattr(read_settings({name: other}, {f"GRADTUI_{name.upper()}": word}, config), name)
        == other
    )
    taken = [verb for verb, module in VERBS.items() if name in module.SETTINGS]
    assert taken, f"no command takes --{name}"


def test_variables_that_are_named_exist() -> None:
    known = {f"GRADTUI_{item.name.upper()}" for item in documented(Settings)}
    for shown in [*(p.text for p in PAGES), *(m.__doc__ or "" for m in VERBS.values())]:
        for variable in re.findall(r"\bGRADTUI_[A-Z]+\b(?!_)", shown):
            assert variable in known, variable


def codes(text: str) -> dict[str, str]:
    """Code -> what it means, of a sentence "0 healthy ..., 1 ..., 128+n ..."."""
    found = re.search(r"[Ee]xit codes: (.*?\b128\+n\b[^.]*)\.", text, re.DOTALL)
    assert found
    return dict(re.findall(r"\b(128\+n|[0-4]) ([^,]+)", found[1]))


@pytest.mark.parametrize(
    "told",
    [
        {code: meaning for code, meaning, *_ in table(README.text, "exit code")},
        codes(" ".join(build_parser().format_help().split())),
    ],
    ids=["README", "help"],
)
def test_exit_codes(told: dict[str, str]) -> None:
    assert set(told) == {"0", "1", "2", "3", "4", "128+n"}

    def code(verdict: str, **known: Any) -> str:
        return str(Report(1, "x", None, "healthy", verdict=verdict, **known).exit_code)

    for verdict in VERDICTS:
        meant = {"healthy": "0", "converged": "0", "undecided": "0", "nonfinite": "4"}.get(
            verdict, "3"
        )
        assert code(verdict) == meant, verdict
    assert told["3"].startswith("sick")
    assert told["4"].startswith("non-finite")
    assert told["2"].startswith("usage")
    assert (GradtuiError.exit_code, UsageError.exit_code) == (1, 2)
    assert code("plateau", findings=[{"symptom": "nonfinite"}]) == "4"
    assert code("healthy", command_exit=143) == "143"
    assert code("healthy", command_exit=7, error="it failed") == "1"


KEY_NAMES = {"arrows": ("left", "right", "up", "down")}
"""What the README says in one word."""


def told_keys() -> set[str]:
    cells = " ".join(row[0] for row in table(README.text, "key"))
    after = README.flat[
        README.flat.index("On screen a run goes on") : README.flat.index("A mark `╋`")
    ]
    found = set(re.findall(r"`([^`]+)`", f"{cells} {after}"))
    for word, keys in KEY_NAMES.items():
        found |= set(keys) if word in cells else set()
    return found


def test_the_table_of_keys_is_what_is_bound() -> None:
    bound = {"ctrl+p": "^p", "ctrl+z": "^z", "1": "1-9", "9": "1-9"}
    known = {word for key in (*KEYS, *CHART_KEYS) for word in key.shown.split()} | {"1-9"}
    told = {bound.get(word, word) for word in told_keys()}
    told -= {"steps", "gradtui check"}
    assert told <= known, told - known
    weighty = [key for key in help_keys("lab") if key.weight]
    assert {word for key in weighty for word in key.shown.split()} <= told | {"h", "l"}


def test_help_and_footer_have_the_keys_that_are_bound() -> None:
    bound = {binding.action for binding in bindings()} | {key.action for key in CHART_KEYS}
    for mode in ("lab", "run", "attach", "replay"):
        shown = help_keys(mode)  # type: ignore[arg-type]
        assert {key.action for key in shown if key.action} <= bound
        assert {key.shown for key in footer_keys(mode)} <= {key.shown for key in shown}  # type: ignore[arg-type]
    actions = {key.action for mode in ("lab", "run", "attach", "replay") for key in help_keys(mode)}  # type: ignore[arg-type]
    assert {action for action in bound if not action.startswith("remedy")} <= actions


def test_keys_of_a_replay_are_as_its_help_says() -> None:
    told = (VERBS["replay"].__doc__ or "").rpartition("\n\n")[2]
    shown = {word for key in help_keys("replay") for word in key.shown.split()}
    for key in (".", "+", "-", "[", "]", "{", "}", "a", "home", "end"):
        assert re.search(rf"(?<!\w){re.escape(key)}(?!\w)", told), key
        assert key in shown


def test_themes() -> None:
    names = [theme.name.removeprefix("gradtui-") for theme in THEMES]
    doc = next(item.metadata["doc"] for item in documented(Settings) if item.name == "theme")
    assert re.findall(r"[a-z-]+", doc.partition(";")[0].replace(" or ", " ")) == names
    assert doc.endswith(f"empty = {names[0]}")
    for span in README.spans:
        if span.startswith("--theme "):
            assert checked_theme(span.split()[1])


def test_formats() -> None:
    line = next(
        line for _, code in README.blocks for line in code.splitlines() if "--format jsonl" in line
    )
    assert set(re.findall(r"\b[a-z]+\b", line.partition("--format")[2])) - {"or"} == set(CHOICES)


def test_sizes_and_counts() -> None:
    catalogue = read_catalogue().scenarios
    assert f"*The lab*: {len(catalogue)} scenarios" in README.flat
    assert f"{Settings().overhead:g} % of the training time (`--overhead`)" in README.flat
    from gradtui.instrument.budget import ALLOWANCE
    from gradtui.instrument.watcher import OVERHEAD

    assert Settings().overhead / 100 == OVERHEAD
    assert (FREE, ALLOWANCE) == (0.5, 0.5)
    assert "The first half second is free" in README.flat
    assert size("140x45") == build_parser().parse_args(["export"]).size
    from gradtui.lab.trainer import STRETCH

    assert STRETCH == 10
    assert "ten times the `steps` of its file" in README.flat


NUMBERS: list[tuple[str, str, str, float]] = [
    ("README.md", "below 40x12", "gradtui.app.geometry:SMALLEST", (40, 12)),  # type: ignore[list-item]
    ("docs/json.md", "right answers over the last 20", "gradtui.commands.report:LAST", 20),
    ("docs/json.md", "free start of half a second", "gradtui.commands.report:FREE", 0.5),
    ("docs/harmless.md", "arrives up to 0.3 s later", "gradtui.commands.signals:LATE", 0.3),
    (
        "docs/harmless.md",
        "never more than a second",
        "gradtui.instrument.thread_state:PATIENCE",
        1,
    ),
    (
        "docs/harmless.md",
        "numbers below 150 (as a rule below 700)",
        "gradtui.runstore.files.disk:HIGH",
        (700, 150),
    ),  # type: ignore[list-item]
    (
        "README.md",
        "Of a large output 262,144 values",
        "gradtui.autograd.layer_outputs:SAMPLE",
        262_144,
    ),
    ("README.md", "dead is told of 32", "gradtui.instrument.activation_capture:EXAMPLES", 32),
    ("README.md", "a tenth of what measuring", "gradtui.instrument.activation_capture:SHARE", 0.1),
    ("README.md", "longer than 30 seconds", "gradtui.instrument.run_control:LEASE", 30),
    ("docs/run-format.md", "held for 30 s", "gradtui.instrument.run_control:LEASE", 30),
    ("docs/nan-rerun.md", "the last four calls", "gradtui.nan_trace.watched_calls:KEPT", 4),
    (
        "docs/nan-rerun.md",
        "up to 4 million elements",
        "gradtui.nan_trace.calls:LARGEST",
        1 << 22,
    ),
    (
        "docs/nan-rerun.md",
        "up to 67 million elements",
        "gradtui.nan_trace.state_restoration:LARGEST",
        1 << 26,
    ),
    (
        "docs/nan-rerun.md",
        "up to 100,000 entries",
        "gradtui.nan_trace.outer_state:LARGEST",
        100_000,
    ),
    ("docs/nan-rerun.md", "(four deep", "gradtui.nan_trace.outer_state:DEEPEST", 4),
    (
        "docs/scenario-files.md",
        "at most 256 KiB long",
        "gradtui.lab.scenario.parse:LARGEST",
        256 << 10,
    ),
]
"""Page, its words, where the code has the number, the number."""


@pytest.mark.parametrize(("where", "words", "place", "value"), NUMBERS, ids=[n[1] for n in NUMBERS])
def test_numbers_in_pages_are_those_of_the_code(
    where: str, words: str, place: str, value: float
) -> None:
    module, _, name = place.partition(":")
    assert words in page(where).flat
    assert getattr(importlib.import_module(module), name) == value


def test_benches_count_what_the_page_counts() -> None:
    from tests.fuzz.damage import DAMAGES
    from tests.fuzz.ways import ALWAYS, DEAR, SOME
    from tests.verdicts.catalogue import CASES
    from tests.verdicts.programs.catalogue import STRANGERS

    assert (
        f"in {len(DAMAGES)} ways, reads them in {len(ALWAYS) + len(SOME) + len(DEAR)}"
        in README.flat
    )
    from tests.harm.bench import programs
    from tests.nan_trace.planted import PLANTED
    from tests.nan_trace.planted_losses import BACKWARD, DATA, FORWARD
    from tests.repairs.catalogue import CASES as REPAIRED

    assert f"Of all {2 * len(REPAIRED)} runs" in page("docs/benches.md").flat  # two seeds
    assert f"{len(PLANTED)} planted faults" in README.flat
    assert f"and {len(FORWARD) + len(DATA) + len(BACKWARD)} in loss functions" in README.flat
    assert len(list(programs())) > 100
    assert "more than a hundred programs" in page("docs/harmless.md").flat
    familiar = [case for case in CASES if not case.stranger]
    runs = [case for case in familiar for _ in case.seeds]
    healthy = sum("healthy" in case.accepted for case in runs)
    said = f"{len(runs)} runs of {len(familiar)} plain PyTorch programs"
    assert said in README.flat
    assert f"{len(STRANGERS)} programs by people" in README.flat
    sick = [program for program in STRANGERS if program.accepted[0] != "healthy"]
    assert f"of {len(sick)} sick ones" in README.flat
    assert f"of {len(STRANGERS) - len(sick)} healthy ones" in README.flat
    assert f"None of {healthy} healthy runs" in README.flat
    assert f"all {len(runs) - healthy} sick ones" in README.flat
