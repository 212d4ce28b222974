"""Where values go, as `--to` names it."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from gradtui.commands.forward.folder import refuse_used
from gradtui.commands.shell import offering
from gradtui.core.errors import UsageError
from gradtui.core.secrets import masked
from gradtui.core.text import did_you_mean, printable

FORM = "tensorboard=DIR|wandb[=PROJECT]|mlflow[=URI]|otlp=URL"
HELP = "send norms, loss and findings on while it trains; may be given several times"
NEEDS = {
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "mlflow": "mlflow",
    "otlp": "opentelemetry.exporter.otlp.proto.http",
}
"""Kind -> the module that has to be there. Kinds are called as their extras are."""
EXAMPLES = {"tensorboard": "tensorboard=logs", "otlp": "otlp=http://localhost:4318"}
"""Of those that cannot do without a place."""
WEB = ("http", "https")
LOCAL = ("file://", "sqlite:///")
"""Beginnings of what MLflow keeps on this machine."""


@dataclass(frozen=True, slots=True)
class Address:
    """One `--to`. `place` is a folder, a project, a URI or a URL, "" for the tool's own default. It may
    hold a password: what is shown or stored is `shown`."""

    kind: str
    place: str = ""

    @property
    def shown(self) -> str:
        return shown(self.place)


def shown(text: str) -> str:
    """Any words of a library, or a place, as they may be shown: without passwords and escapes."""
    return printable(" ".join(masked([text])))


def add_to(parser: argparse.ArgumentParser) -> None:
    """The flag; `args.to` is a list of addresses."""
    flag = parser.add_argument(
        "--to", type=address, action="append", default=[], metavar=FORM, help=HELP
    )
    offering(flag, lambda **_: [name + "=" * (name in EXAMPLES) for name in NEEDS])


def address(word: str) -> Address:
    """One `--to` taken apart. Raises UsageError where it names nothing to send to."""
    kind, _, place = word.partition("=")
    if kind not in NEEDS:
        hint = did_you_mean(kind, NEEDS) or f": choose from {', '.join(NEEDS)}."
        raise UsageError(f"--to cannot send to '{printable(kind)}'{hint}")
    if not place and kind in EXAMPLES:
        raise UsageError(f"--to {kind} needs to know where: --to {EXAMPLES[kind]}.")
    if kind == "otlp":
        _refuse_odd_url(place)
    if kind == "mlflow" and "://" in place and not place.startswith(LOCAL):
        _refuse_odd_url(place, "file:, sqlite:, ")
    return Address(kind, place)


def _refuse_odd_url(place: str, beside: str = "") -> None:
    try:
        parts = urlsplit(place)
        sound = parts.scheme in WEB and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        sound = False
    if not sound or not place.isprintable() or " " in place:
        raise UsageError(f"--to: {shown(place)!r} is no address of {beside}http: or https:.")


def without_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """A URL without name and password, and these: they are in no message then."""
    parts = urlsplit(url)
    if parts.username is None and parts.password is None:
        return url, None
    host = parts.netloc.rpartition("@")[2]
    plain = urlunsplit(parts._replace(netloc=host))
    return plain, (unquote(parts.username or ""), unquote(parts.password or ""))


def refuse_unsendable(addresses: Sequence[Address], name: str = "") -> None:
    """Raises UsageError for what cannot work, before anything is started: a package that is missing, an
    address that comes twice, a folder that cannot be had. `name` is the run's where it has one already."""
    for one in addresses:
        if addresses.count(one) > 1:
            raise UsageError(f"--to {one.kind}{'=' * bool(one.place)}{one.shown} is there twice.")
        if not _installed(NEEDS[one.kind]):
            package = NEEDS[one.kind].partition(".")[0]
            raise UsageError(
                f"--to {one.kind} needs {package}: python -m pip install 'gradtui[{one.kind}]'"
            )
        if one.kind == "tensorboard":
            refuse_used(Path(one.place), name)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package around it
        return False
