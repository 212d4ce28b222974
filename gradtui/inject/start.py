"""What happens in a watched process once torch is there."""

import os
from pathlib import Path

from gradtui.inject import AUTOPSY, CATCH, DEFAULT, OVERHEAD, RUN
from gradtui.inject.program_failure import failure
from gradtui.monitor import Watch


def start() -> None:
    """Watch every optimizer of this process into the run that the environment names."""
    directory = Path(os.environ[RUN])
    Watch(
        lambda: directory,
        overhead=os.environ.get(OVERHEAD, DEFAULT),
        autopsy=os.environ.get(AUTOPSY) != "0",
        catch_nan=os.environ.get(CATCH) == "1",
        look=False,
        failure=failure,
    )
