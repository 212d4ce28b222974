"""Real collectors of OTLP: vmagent hands metrics on to Prometheus, rotel hands all on as OTLP."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.receivers.prometheus import FETCHED
from tests.receivers.servers import HOST, answers, free_port, listens, served

VARIABLES = {"vmagent": "TEST_VMAGENT", "rotel": "TEST_ROTEL"}
"""Each may name the program."""
NONE = {
    "vmagent": "no vmagent: python -m tests.receivers fetches one",
    "rotel": "no rotel: python -m pip install rotel==0.0.1a15",
}


def vmagent() -> Path | None:
    named = os.environ.get(VARIABLES["vmagent"])
    fetched = FETCHED.with_name("vmagent")
    return _program(named or (str(fetched) if fetched.exists() else "vmagent"))


def rotel() -> Path | None:
    """The program in the package of that name; it is not imported, as that looks for settings."""
    named = os.environ.get(VARIABLES["rotel"])
    package = find_spec("rotel") if named is None else None
    if package is not None and package.origin is not None:
        named = str(Path(package.origin).with_name("rotel-agent"))
    return _program(named or "rotel")


def _program(named: str) -> Path | None:
    path = shutil.which(named)
    return Path(path) if path is not None else None


@contextmanager
def handing_on(program: Path, folder: Path, remote_write: str) -> Iterator[str]:
    """vmagent, which names metrics as Prometheus does; the address of its receiver for `--to otlp=`.
    With more than one queue samples overtake each other, and Prometheus refuses the older."""
    folder.mkdir(exist_ok=True)
    address = f"{HOST}:{free_port()}"
    command = [
        str(program),
        f"-httpListenAddr={address}",
        f"-remoteWrite.url={remote_write}",
        f"-remoteWrite.tmpDataPath={folder / 'data'}",
        "-remoteWrite.forcePromProto=true",
        "-remoteWrite.queues=1",
        "-opentelemetry.usePrometheusNaming",
    ]
    with served(command, folder / "vmagent.log", lambda: answers(f"http://{address}/health")):
        yield f"http://{address}/opentelemetry"


@contextmanager
def relaying(program: Path, folder: Path, to: str) -> Iterator[str]:
    """rotel, which sends all on to another receiver of OTLP; its own address for `--to otlp=`."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    command = [
        str(program),
        "start",
        f"--otlp-http-endpoint={HOST}:{port}",
        f"--otlp-grpc-endpoint={HOST}:{free_port()}",
        "--exporter=otlp",
        f"--otlp-exporter-endpoint={to}",
        "--otlp-exporter-protocol=http",
        f"--pid-file={folder / 'pid'}",
        f"--log-file={folder / 'log'}",
    ]
    with served(command, folder / "rotel.log", lambda: listens(port)):
        yield f"http://{HOST}:{port}"
