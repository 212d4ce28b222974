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
HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is a slow import


def complain(doing: str, error: Exception) -> None:
    """One line in the run's log."""
    try:
        with open(os.path.join(os.environ[RUN], "watch.log"), "a") as file:  # noqa: PTH118, PTH123
            file.write("pid %d: %s: %s: %s\n" % (os.getpid(), doing, type(error).__name__, error))  # noqa: UP031
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
            from importlib.util import find_spec

            spec = find_spec("torch")
            if spec is not None and spec.loader is not None:
                self.follow(spec.loader)
            return spec
        except Exception as error:
            complain("finding torch", error)
            return None
        finally:
            self.looking = False

    def follow(self, loader: Any) -> None:
        run = loader.exec_module

        def exec_module(module: Any) -> None:
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            del loader.exec_module
            run(module)
            try:
                arm()
            except Exception as error:
                complain("getting ready", error)

        loader.exec_module = exec_module


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
    """Run the sitecustomize that this one hides, as if it had been found first."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    sys.path[:] = [p for p in sys.path if p != HERE]
    ours = sys.modules.pop("sitecustomize", None)
    spec = PathFinder.find_spec("sitecustomize")
    if spec is None or spec.loader is None:
        if ours is not None:
            sys.modules["sitecustomize"] = ours
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if os.environ.get(RUN):
    sys.meta_path.insert(0, OnTorch())
make_way()
