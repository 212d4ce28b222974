"""What happens in a watched process once torch is there."""

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from gradtui.inject import DEFAULT, OVERHEAD, RUN
from gradtui.monitor import Watch


def start() -> None:
    """Watch every optimizer of this process into the run that the environment names."""
    directory = Path(os.environ[RUN])
    share = os.environ.get(OVERHEAD, DEFAULT)
    watch = Watch(lambda: directory, overhead=share, look=False)
    before = sys.excepthook

    def on_error(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, Exception):
            text = "".join(traceback.format_exception(kind, error, trace))
            watch.failed(f"{kind.__name__}: {error}", text)
        before(kind, error, trace)

    sys.excepthook = on_error
