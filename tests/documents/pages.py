"""The pages that people read, taken apart: blocks, code, headings, links, commands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMENT = re.compile(r"\s{2,}[^-].*|\s+# .*")
"""What stands beside a command: after a hash sign in a page, after two blanks in a help text."""


@dataclass(frozen=True)
class Page:
    """One page. `path` is relative to the repository."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """(language, code) of every fenced block."""
        return FENCE.findall(self.text)

    @property
    def prose(self) -> str:
        """The page without its fenced blocks."""
        return FENCE.sub("", self.text)

    @property
    def flat(self) -> str:
        """The prose on one line, so that a sentence is found wherever it was broken."""
        return " ".join(self.prose.split())

    @property
    def spans(self) -> list[str]:
        """Every piece of `code` in the prose, on one line."""
        return [" ".join(span.split()) for span in SPAN.findall(self.prose)]

    @property
    def links(self) -> list[str]:
        return LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """What a link to a heading may say, as GitHub makes it."""
        return {anchor(title) for title in HEADING.findall(self.prose)}

    @property
    def commands(self) -> list[str]:
        """Every `gradtui ...` that is shown, in blocks and in prose."""
        lines = (line for kind, code in self.blocks if kind == "sh" for line in code.splitlines())
        shown = [COMMENT.sub("", line) for line in lines] + self.spans
        return [words for line in shown for words in of_program(line)]


def anchor(title: str) -> str:
    plain = re.sub(r"[^\w\- ]", "", title.replace("`", "").lower())
    return plain.strip().replace(" ", "-")


def of_program(line: str) -> Iterator[str]:
    """The `gradtui ...` parts of a command line: what && joins, before a pipe or a redirection."""
    for part in re.split(r"&&|\|\||;", line):
        words = re.split(r"\s[|>](?:\s|$)", part)[0].strip()
        if words == "gradtui" or words.startswith("gradtui "):
            yield words


def examples(text: str) -> list[str]:
    """The commands that a help text shows."""
    lines = [line for line in text.splitlines() if line.startswith("  gradtui")]
    return [words for line in lines for words in of_program(COMMENT.sub("", line.strip()))]


def words_of(command: str) -> list[str]:
    """The arguments after the name of the program."""
    return shlex.split(command)[1:]


def page(name: str) -> Page:
    return Page(Path(name), (ROOT / name).read_text(encoding="utf-8"))


README = page("README.md")
PAGES = [
    README,
    page("CONTRIBUTING.md"),
    *(page(f"docs/{path.name}") for path in sorted((ROOT / "docs").glob("*.md"))),
]


def table(text: str, first: str) -> list[list[str]]:
    """The cells of the rows of the table whose first heading is `first`."""
    head = re.search(rf"^\| {re.escape(first)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert head, f"no table begins with {first!r}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in head[1].splitlines()]
