"""First on PYTHONPATH of a watched command: waits for torch, then makes way for the sitecustomize
that it hides. Standard library only, and as little of that as can be: every Python process of the
command runs this."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any

RUN, PACKAGE = "GRADTUI_WATCH_RUN", "GRADTUI_WATCH_PACKAGE"
LONGEST = 500
"""Characters of a line in the log."""
HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is a slow import


def complain(doing: str, error: Exception) -> None:
    """One line in the run's log, which is opened as all files of a run are: for its owner alone, no
    link, and nothing that opening would wait for."""
    try:
        text = "pid %d: %s: %s: %s" % (os.getpid(), doing, type(error).__name__, error)  # noqa: UP031
        path = os.path.join(os.environ[RUN], "watch.log")  # noqa: PTH118
        flags = (
            os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        )
        log = os.open(path, flags, 0o600)
        try:
            os.fchmod(log, 0o600)
            os.write(log, (text[:LONGEST].replace("\n", " ") + "\n").encode(errors="replace"))
        finally:
            os.close(log)
    except Exception:  # noqa: S110 - there is nowhere left to say it
        pass


class OnTorch:
    """A finder that finds nothing itself: it sees torch being imported, once."""

    def __init__(self) -> None:
        self.looking = False

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != "torch" or self.looking:
            return None
        self.looking = True
        try:
            spec = found(name)
            if spec is not None:
                self.follow(spec)
            return spec
        except Exception as error:
            complain("finding torch", error)
            return None
        finally:
            self.looking = False

    def follow(self, spec: ModuleSpec) -> None:
        """Be told when the import is over: its last act is to set an attribute of the spec. So no
        frame of ours is on the stack meanwhile, for warnings and tracebacks to name."""
        plain = type(spec)

        def told(spec: Any, name: str, value: object) -> None:
            plain.__setattr__(spec, name, value)
            if name == "_initializing" and not value:
                spec.__class__ = plain
                if spec.name in sys.modules:
                    self.done()

        spec.__class__ = type(plain.__name__, (plain,), {"__setattr__": told})

    def done(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            try:
                arm()
            except Exception as error:
                complain("getting ready", error)


def arm() -> None:
    """Start watching, with the gradtui that started the command wherever this Python has its own."""
    if "gradtui" not in sys.modules:
        from importlib.util import module_from_spec, spec_from_file_location

        home = os.environ[PACKAGE]
        first = os.path.join(home, "__init__.py")  # noqa: PTH118
        spec = spec_from_file_location("gradtui", first, submodule_search_locations=[home])
        if spec is None or spec.loader is None:
            raise ImportError(first)
        module = module_from_spec(spec)
        sys.modules["gradtui"] = module
        spec.loader.exec_module(module)
    from gradtui.inject.start import start

    start()


def make_way() -> None:
    """Run the sitecustomize that this one hides, as if it had been found first.

    Where there is none, importing this one fails, which `site` passes over in silence: then no
    module of that name is left behind, as without us. Nothing is imported for that.
    """
    from _frozen_importlib import module_from_spec

    sys.path[:] = [p for p in sys.path if p != HERE]
    sys.path_importer_cache.pop(HERE, None)
    sys.modules.pop("sitecustomize", None)
    spec = found("sitecustomize")
    if spec is None or spec.loader is None:
        raise ImportError("No module named 'sitecustomize'", name="sitecustomize")
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def found(name: str) -> ModuleSpec | None:
    """A top module as an import would find it."""
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = None if find is None else find(name, None)
        if spec is not None:
            return spec
    return None


if os.environ.get(RUN):
    sys.meta_path.insert(0, OnTorch())
make_way()
