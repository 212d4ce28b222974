"""Which gradtui this is."""

from functools import cache


@cache
def version() -> str:
    """Of the installed package; "0+unknown" where it runs from a folder that was never installed."""
    # Reading the metadata takes longer than importing the rest, so it waits until it is asked for.
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("gradtui")
    except PackageNotFoundError:
        return "0+unknown"
