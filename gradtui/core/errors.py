"""Errors meant for people: one sentence that says what to do, and the exit code that fits.

GradtuiError            1  the program itself failed
├── UsageError          2  the command line asked for something that does not exist
│   └── ScenarioError   2  a scenario file is wrong
└── TrainingError       1  a training run could not be built or went on to crash
"""

from typing import ClassVar


class GradtuiError(Exception):
    """Base of every error that is shown to a person as one line on stderr."""

    exit_code: ClassVar[int] = 1


class UsageError(GradtuiError):
    """The command line, an environment variable or the config file is wrong."""

    exit_code = 2


class ScenarioError(UsageError):
    """A scenario file is missing or wrong; the message names file, table, key and allowed values."""


class TrainingError(GradtuiError):
    """A run could not be built (a device that is not there) or failed while training."""
