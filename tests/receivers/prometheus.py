"""A real Prometheus: found, started, asked by its HTTP API."""

import json
import os
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.receivers.servers import HOST, answers, free_port, served, status

PROTOBUF = "application/x-protobuf"
VARIABLE = "TEST_PROMETHEUS"
"""Names the program; promtool is beside it."""
FETCHED = Path(__file__).parents[2] / "build" / "receivers" / "usr" / "bin" / "prometheus"
"""Where `python -m tests.receivers` puts it."""
OLDEST = (2, 47)
"""Has a receiver of OTLP, where it was not built without, as Debian's is."""
STABLE = (3, 0)
"""Before it that was a feature to be enabled, and a build without it only warns of the name."""
NONE = "no Prometheus: python -m tests.receivers fetches one"
UNBUILT = "this Prometheus was built without its receiver of OTLP"


class Series(NamedTuple):
    """One series: its labels with its name, and (seconds, value) of every sample."""

    labels: dict[str, str]
    samples: list[tuple[float, float]]


class Found(NamedTuple):
    program: Path
    version: tuple[int, int]

    @property
    def promtool(self) -> Path:
        return self.program.with_name("promtool")


@cache
def found() -> Found | str:
    """The program, or why there is none, for a test that is skipped."""
    named = os.environ.get(VARIABLE) or (str(FETCHED) if FETCHED.exists() else "prometheus")
    path = shutil.which(named)
    if path is None:
        return NONE
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"version (\d+)\.(\d+)", said.stdout + said.stderr)
    if version is None:
        return f"{path} does not say which Prometheus it is"
    number = int(version[1]), int(version[2])
    if number < OLDEST:
        return f"{path} is {number[0]}.{number[1]}, older than {OLDEST[0]}.{OLDEST[1]}"
    return Found(Path(path), number)


def flags(one: Found) -> list[str]:
    """That let it be written to."""
    taken = ["--web.enable-remote-write-receiver"]
    if one.version < STABLE:
        return [*taken, "--enable-feature=otlp-write-receiver"]
    said = subprocess.run([one.program, "--help"], capture_output=True, text=True, check=False)
    flag = "--web.enable-otlp-receiver"
    return [*taken, flag] if flag in said.stdout + said.stderr else taken


class Prometheus:
    """One that runs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.remote_write = f"{url}/api/v1/write"

    @property
    def otlp(self) -> str:
        """What its own receiver is called to `--to otlp=`; "" where it has none."""
        place = f"{self.url}/api/v1/otlp"
        asked = urllib.request.Request(f"{place}/v1/metrics", b"", {"Content-Type": PROTOBUF})
        return place if status(asked) != 404 else ""

    def query(self, expression: str, **more: object) -> list[Series]:
        """An instant query; every series of the answer."""
        result = self.ask("query", query=expression, **more)["result"]
        return [
            Series(one["metric"], [(t, float(v)) for t, v in one.get("values") or [one["value"]]])
            for one in result
        ]

    def samples(self, name: str, run: str = "", window: str = "2h") -> list[Series]:
        """All that has come of a metric, as it is stored."""
        chosen = f'{{gradtui_run="{run}"}}' if run else ""
        return self.query(f"{name}{chosen}[{window}]")

    def alerts(self) -> list[tuple[str, str, dict[str, str]]]:
        """(name, "pending" or "firing", labels) of each that is not quiet."""
        return [
            (one["labels"]["alertname"], one["state"], one["labels"])
            for one in self.ask("alerts")["alerts"]
        ]

    def ask(self, what: str, **fields: object) -> Any:
        words = urllib.parse.urlencode(fields)
        with urllib.request.urlopen(f"{self.url}/api/v1/{what}?{words}", timeout=60) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]


@contextmanager
def running(
    one: Found, folder: Path, *, rules: Path | None = None, evaluated: str = "1s"
) -> Iterator[Prometheus]:
    """Prometheus with its data in `folder`; `rules` are looked at every `evaluated`."""
    config: Mapping[str, object] = {
        "global": {"evaluation_interval": evaluated},
        "rule_files": [str(rules)] if rules is not None else [],
    }
    folder.mkdir(exist_ok=True)
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    url = f"http://{HOST}:{free_port()}"
    command = [
        str(one.program),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={urllib.parse.urlsplit(url).netloc}",
        *flags(one),
    ]
    with served(command, folder / "prometheus.log", lambda: answers(f"{url}/-/ready")):
        yield Prometheus(url)
