"""htop for gradients, with a doctor inside.

A training process writes facts about its gradients once a step; a source hands them to whoever
looks; verdicts, causes and remedies are derived when reading and never stored. The map:

    cli         parser and dispatch; errors become one line and an exit code
    commands/   one file a verb; the only place where training, streams and the app meet
    tui/        all of Textual and plotext
    inject/     gets into a command that was not written for us
    integrations/  callbacks for Lightning and Hugging Face
    monitor     watch(): a training program's gradients into a run directory
    training/   all of torch: measuring, models, data sets, the trainer
    stream/     how facts travel, without training ever waiting
    health/     from facts to findings: rules, causes, remedies
    scenario/   TOML files in, frozen dataclasses out
    core/       the vocabulary: facts, errors, controls

Imports point down this list. Importing gradtui, its parser and its lists imports neither torch nor
Textual.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # Reading the metadata takes longer than importing the rest, so it waits until it is asked for.
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("gradtui")
        except PackageNotFoundError:
            return "0+unknown"
    if name == "open_run":
        from gradtui.runstore.reader.open_run import open_run

        return open_run
    if name == "watch":
        from gradtui.monitor import watch

        return watch
    raise AttributeError(f"module 'gradtui' has no attribute {name!r}")
