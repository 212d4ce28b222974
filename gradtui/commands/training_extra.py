"""torch is needed by what trains, and by nothing that only looks."""

from importlib.util import find_spec

from gradtui.core.errors import UsageError


def require_torch() -> None:
    """Raises UsageError, with the way to get it, where torch is not installed. It is not imported: that
    takes seconds."""
    if find_spec("torch") is None:
        raise UsageError("the lab trains, and needs torch: python -m pip install 'gradtui[train]'.")
