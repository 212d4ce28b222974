"""Getting into a command that was not written for us: its Python processes, and theirs in turn.

`environment` gives the variables to start the command with. They put a directory of ours first on
PYTHONPATH, whose `sitecustomize.py` waits for an import of torch, and then runs the sitecustomize
that it hides. A process that never imports torch pays for one entry in `sys.meta_path`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

RUN = "GRADTUI_WATCH_RUN"
OVERHEAD = "GRADTUI_WATCH_OVERHEAD"
"""The share of its own time that the program may spend on being watched: what is no number above 0
is ignored there, with a line in the log."""
DEFAULT = "0.03"
AUTOPSY = "GRADTUI_WATCH_AUTOPSY"
"""With "0" nothing of the program is run once more where a value is not finite."""
CATCH = "GRADTUI_WATCH_CATCH_NAN"
"""With "1" norms are taken at every step, and waited for."""
PACKAGE = "GRADTUI_WATCH_PACKAGE"
"""Where gradtui lies, for interpreters that have other packages than this one."""


def environment(
    directory: Path | str,
    *,
    overhead: float = 0.03,
    autopsy: bool = True,
    catch_nan: bool = False,
    base: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The variables that make a command record itself into the run `directory`, to be added to
    `base`, by default this process's environment.

    `overhead` is the share of each process's own time that watching it may take, everything
    counted, after a start of half a second that is free. Without `autopsy` nothing of the program is
    called a second time. With `catch_nan` the norms of every step are taken before its update, whatever
    that costs."""
    known = os.environ if base is None else base
    here = Path(__file__).resolve().parent
    ours = str(here / "path")
    given = known.get("PYTHONPATH", "")
    # An empty entry is the current folder; an empty variable is none at all.
    paths = [path for path in given.split(os.pathsep) if path != ours] if given else []
    return {
        "PYTHONPATH": os.pathsep.join([ours, *paths]),
        RUN: str(Path(directory).resolve()),
        OVERHEAD: str(overhead),
        AUTOPSY: "1" if autopsy else "0",
        CATCH: "1" if catch_nan else "0",
        PACKAGE: str(here.parent),
    }
