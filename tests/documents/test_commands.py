"""What README, docs and help show is run: by the parser where it needs a screen, a while or a network,
else as it stands."""

import contextlib
import importlib.util
import io
import json
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from gradtui.cli import VERBS, build_parser, main, parsed
from gradtui.commands.settings import read_settings
from gradtui.commands.targets import named_targets
from gradtui.commands.themes import checked_theme
from gradtui.core.event import Ended
from gradtui.lab.scenario.catalogue import Catalogue, read_catalogue
from gradtui.runstore.files.run_folders import find_run, matching, run_paths, runs_home
from gradtui.runstore.logs.formats import format_of
from tests.documents.pages import PAGES, ROOT, examples, page, words_of
from tests.runstore.logs.made import summary_writer
from tests.runstore.recorded import record, snap

RUNS = (
    "20261121-063337-train-3f9a07",
    "20261121-070000-train-000001",
    "sick",
    "treated",
    "run-a",
    "run-b",
)
"""What pages and help texts call runs; there are such in this test."""
LOG = "logs/exp1"
"""What they call a log."""
MINE = "docs/scenario-files.md"
HELP = {
    name: build_parser().format_help() if not name else str(VERBS[name].__doc__)
    for name in ("", *VERBS)
}
SHOWN = sorted(
    {(p.name, command) for p in PAGES for command in p.commands}
    | {
        (f"gradtui {verb} --help".replace("  ", " "), c)
        for verb in HELP
        for c in examples(HELP[verb])
    }
)
UNFINISHED = re.compile(r"gradtui (?:run|check --|completion|compare)?")
"""Commands that are named without what has to follow them."""
CHEAP = ("list", "runs", "compare", "export", "schema", "completion")
"""Verbs that answer at once where what they are of is recorded."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every run and file that is called by name."""
    here = tmp_path_factory.mktemp("place")
    for name in RUNS:
        count = 520 if name.startswith("run-") else 30
        steps = [snap(step, loss=1 / (step + 1)) for step in range(count)]
        command = ("python", "train.py", "--lr", "0.1")
        record(here / "runs" / name, [*steps, Ended(1, count, "finished")], command=command)  # type: ignore[list-item]
    example = next(code for kind, code in page(MINE).blocks if kind == "toml")
    with summary_writer(here / LOG) as writer:
        for step in range(60):
            writer.add_scalar("train/loss", 2 / (step + 1), step)
            writer.add_scalar("train/grad_norm", 1.0, step)
    history = [{"step": i, "loss": 2 / i, "grad_norm": 1.0} for i in range(1, 60)]
    (here / "out").mkdir()
    (here / "out" / "trainer_state.json").write_text(json.dumps({"log_history": history}))
    (here / "mine").mkdir()
    for path in (here / "mine.toml", here / "mine" / "mine.toml"):
        path.write_text(example, encoding="utf-8")
    return here


@pytest.fixture
def at_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    monkeypatch.setenv("GRADTUI_RUNS", str(place / "runs"))
    monkeypatch.setenv("GRADTUI_SCENARIOS", str(place / "mine"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place / "none"))
    return place


def test_there_is_something_to_hold() -> None:
    assert len(SHOWN) > 70
    assert {words_of(command)[0] for _, command in SHOWN if len(words_of(command)) > 0} >= set(
        VERBS
    )


@pytest.mark.parametrize(("where", "command"), SHOWN)
def test_every_command_that_is_shown_is_one(where: str, command: str, at_home: Path) -> None:
    words = words_of(command)
    if UNFINISHED.fullmatch(command):
        assert not words or words[0] in VERBS
        return
    if "--help" in words:
        with pytest.raises(SystemExit) as caught, contextlib.redirect_stdout(io.StringIO()):
            main(words)
        assert caught.value.code == 0
        return
    args = parsed(build_parser(), words)
    settings = read_settings(vars(args))
    checked_theme(settings.theme)
    catalogue = read_catalogue(settings.scenario_folder)
    for name in named(args.verb, vars(args)):
        resolved(name, args.verb, catalogue)


def named(verb: str | None, args: dict[str, object]) -> list[str]:
    """The scenarios or runs that a command is of."""
    found: list[str] = []
    for key in ("scenario", "target", "run", "one", "other"):
        value = args.get(key)
        found += value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return [name for name in found if name and name.isascii() and name.upper() != name]


def resolved(name: str, verb: str | None, catalogue: Catalogue) -> None:
    """Of an absolute path on somebody else's machine the name is looked at."""
    if name == LOG or name == "out":
        assert format_of(Path(name)) is not None
        return
    name = name.rpartition("/")[2] if name.startswith("/") else name
    recorded = verb in ("check", "export") and matching(name, run_paths(runs_home()))
    if verb in ("launch", "check", "export") and not recorded:
        if name != "mine.toml" or not name.startswith("./"):
            assert named_targets([name], catalogue, remedies=False)
        return
    find_run(name, runs_home())


@pytest.mark.parametrize(
    "command",
    sorted(
        {
            command
            for _, command in SHOWN
            if words_of(command)[:1]
            and words_of(command)[0] in CHEAP
            and not UNFINISHED.fullmatch(command)
            and "--help" not in command
            and not re.match(r"gradtui export deep_", command)  # it trains
        }
    ),
)
def test_what_answers_at_once_does(
    command: str, at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.replace("/scratch/me/runs", str(at_home / "runs")) for word in words_of(command)]
    if re.search(r"--format (parquet|tensorboard)", command):
        words += ["-o", str(at_home / "out")]
    code = main(words)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    named_file = words[words.index("-o") + 1] if "-o" in words else None
    assert out or (named_file is not None and Path(named_file).exists())


def programs() -> list[tuple[str, str]]:
    """(page, `python -m` of ours with its words) wherever one is shown."""
    found = set()
    for shown in (*PAGES, page("CHANGELOG.md")):
        for span in [
            *shown.spans,
            *(line for _, code in shown.blocks for line in code.splitlines()),
        ]:
            found |= {
                (shown.name, words) for words in re.findall(r"python -m (tests[^#&|]*)", span)
            }
    return sorted(found)


def test_programs_are_shown() -> None:
    assert len(programs()) > 8


@pytest.mark.parametrize(("where", "command"), programs())
def test_every_program_that_is_shown_is_there(
    where: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    """A figure has its command beside it; this is that it can be run, with those options."""
    name, *words = shlex.split(command)
    spec = importlib.util.find_spec(f"{name}.__main__" if is_package(name) else name)
    assert spec is not None, f"there is no {name}"
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    if name == "tests.check":  # its words go to pytest: they choose tests by marker
        markers = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
        wanted = set(" ".join(words[1:]).split()) - {"and", "or", "not"}
        assert not words or (words[0] == "-m" and wanted <= markers)
        return
    if "argparse" not in source:
        assert not words
        assert "__name__ ==" in source or spec.name.endswith("__main__")
        return
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module(spec.name, run_name="__main__")
    assert caught.value.code in (0, None)
    options = capsys.readouterr().out
    for word in words:
        assert not word.startswith("-") or word in options


def is_package(name: str) -> bool:
    return (ROOT / name.replace(".", "/")).is_dir()


FOREIGN = {
    "--lr": "the watched command's own",
    "--nproc-per-node": "torchrun's",
    "--max-restarts": "torchrun's",
    "--multi": "--multi_gpu, accelerate's",
    "--num": "--num_processes, accelerate's; --num_gpus, deepspeed's",
    "--cpu": "accelerate's",
    "--index-url": "pip's",
    "--token": "a secret of a command line",
    "--key": "likewise",
    "--password": "likewise",
    "--secret": "likewise",
    "--web": "--web.enable-otlp-receiver, Prometheus's",
    "--enable-feature": "likewise",
}
OURS = {word for verb in VERBS for word in re.findall(r"--[a-z]+(?:-[a-z]+)*", HELP[verb])}


def options_of_parsers() -> set[str]:
    parser = build_parser()
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for verb in action.choices.values():
                found |= set(verb._option_string_actions)
    return found


@pytest.mark.parametrize("shown", PAGES, ids=lambda p: p.name)
def test_every_option_that_is_named_exists(shown) -> None:  # type: ignore[no-untyped-def]
    known = options_of_parsers() | set(FOREIGN)
    for span in shown.spans:
        if "python -m tests" in span:
            continue
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span):
            assert option in known, f"{shown.name}: {option}"
