"""Links, files and names of our own that pages mention are there."""

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

import gradtui
from tests.documents.pages import PAGES, ROOT, Page, page
from tests.documents.test_forwarding import OTLP_NAMES

ALL = [*PAGES, page("CHANGELOG.md")]
ELSEWHERE = ("http://", "https://", "mailto:")
FILE = re.compile(r"(?:gradtui|tests|docs|scenarios)/[\w./-]+|\w+\.(?:py|md|toml|svg|sh)")
NOT_OURS = {
    "train.py": "the reader's own",
    "mine.toml": "the reader's own",
    "config.toml": "lies in $XDG_CONFIG_HOME/gradtui",
    "module.py": "torch's",
    "gradtui/findings": "a tag in TensorBoard",
    "gradtui/finding/SYMPTOM": "a key in wandb",
    "gradtui/verdict": "a key in wandb",
}


@pytest.mark.parametrize("shown", ALL, ids=lambda p: p.name)
def test_links_lead_somewhere(shown: Page) -> None:
    for link in shown.links:
        if link.startswith(ELSEWHERE):
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / shown.path).parent / path if path else ROOT / shown.path
        assert target.exists(), f"{shown.name}: {link}"
        if heading:
            name = str(target.resolve().relative_to(ROOT))
            assert heading in page(name).anchors, f"{shown.name}: {link}"


@pytest.mark.parametrize("shown", ALL, ids=lambda p: p.name)
def test_files_that_are_named_exist(shown: Page) -> None:
    names = {path.name for path in ROOT.glob("[!.]*/**/*") if path.is_file()}
    for span in shown.spans:
        if not FILE.fullmatch(span) or span in NOT_OURS:
            continue
        there = (ROOT / span).exists() if "/" in span else span in names or (ROOT / span).is_file()
        assert there, f"{shown.name}: {span}"


@pytest.mark.parametrize("shown", ALL, ids=lambda p: p.name)
def test_python_names_of_ours_exist_and_take_those_arguments(shown: Page) -> None:
    """`gradtui.watch(autopsy=False)`, `RunInfo.carried`, `from gradtui... import ...`."""
    import inspect

    from gradtui.integrations import huggingface, lightning

    callbacks = [huggingface.GradtuiCallback, lightning.GradtuiCallback]
    for span in shown.spans:
        if span.startswith("from gradtui"):
            (line,) = ast.parse(span).body
            assert isinstance(line, ast.ImportFrom)
            module = importlib.import_module(str(line.module))
            assert all(hasattr(module, alias.name) for alias in line.names)
        name = re.fullmatch(r"gradtui\.(\w+)", span)
        if name and span not in OTLP_NAMES:
            known = importlib.util.find_spec(span) or hasattr(gradtui, name[1])
            assert known, f"{shown.name}: {span}"
        try:
            tree = ast.parse(span)
        except SyntaxError:
            continue
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            called = ast.unparse(call.func)
            if called.startswith("gradtui."):
                wanted = [getattr(importlib.import_module("gradtui"), called.split(".")[1])]
            elif called.rpartition(".")[2] == "GradtuiCallback":
                wanted = [callback.__init__ for callback in callbacks]
            else:
                continue
            for one in wanted:
                keywords = {str(k.arg): None for k in call.keywords}
                own = (
                    [None]
                    if inspect.isfunction(one) and "self" in str(inspect.signature(one))
                    else []
                )
                inspect.signature(one).bind(*own, *call.args, **keywords)


@pytest.mark.parametrize("shown", PAGES, ids=lambda p: p.name)
def test_classes_and_fields_that_are_named_exist(shown: Page) -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(ROOT / "gradtui").rglob("*.py")
    )
    for span in shown.spans:
        found = re.fullmatch(r"(RunInfo|Theory|Snapshot|Layout)\.(\w+)", span)
        if found:
            body = source.partition(f"class {found[1]}")[2].partition("\nclass ")[0]
            assert re.search(rf"\b{found[2]}\b *:|def {found[2]}\b", body), span
