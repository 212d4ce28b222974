"""Runs a program without us, in a fork of a process that has torch loaded: loading it takes longer than
most programs of the tests."""

import multiprocessing
import os
import runpy
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
PRELOADED = ["torch", "torch._dynamo"]  # the second at an optimizer's first step


class BareProgram:
    """A Python script that runs, with as much of `subprocess.Popen` as the tests ask for."""

    def __init__(self, words: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
        self._output = (folder / "stdout", folder / "stderr")
        FORKS.set_forkserver_preload(PRELOADED)
        arguments = (list(words), dict(variables), self._output)
        self._process = FORKS.Process(target=_run, args=arguments)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it wrote to its standard streams, when it has ended."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"it has not ended after {timeout} s")
        out, err = (path.read_text() for path in self._output)
        return out, err

    def kill(self) -> None:
        self._process.kill()


def _run(words: list[str], variables: dict[str, str], output: tuple[Path, Path]) -> None:
    for descriptor, path in enumerate(output, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    os.environ.clear()
    os.environ.update(variables)
    import torch

    # The variable that says so is read when torch is loaded, and this one was loaded before.
    torch.set_num_threads(int(variables["OMP_NUM_THREADS"]))
    assert "gradtui" not in sys.modules
    sys.argv = list(words)
    sys.path.insert(0, str(Path(words[0]).parent))
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
