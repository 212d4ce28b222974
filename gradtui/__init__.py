"""htop for gradients, with a doctor inside.

A training process writes facts about its gradients once a step; a source hands them to whoever
looks; verdicts, causes and remedies are derived when reading and never stored. The map:

    cli         parser and dispatch; errors become one line and an exit code
    commands/   one file a verb; the only place where training, run store and the app meet
    app/        all of Textual and plotext: screens, widgets, pure drawing
    inject/     gets into a command that was not written for us
    integrations/  callbacks for Lightning and Hugging Face
    monitor     watch(): a training program's gradients into a run directory
    lab/        scenarios, models, data sets, the thread that trains them
    instrument/ watching any program: optimizer hooks, losses, clipping, scalers, names, budget
    nan_trace/  the autopsy: recording calls, running them again, naming the operation
    autograd/   reading a loss's graph: node types, topology, row order
    patching/   our calls inside torch's functions, and none of our frames in tracebacks
    stats/      one pass over tensors: plan, reductions, the copy to the host
    theory/     mean field theory: what the weights alone would do
    runstore/   runs on disk: format, writer, reader, ranks, export
    doctor/     from facts to findings: rules, causes, remedies
    core/       the vocabulary: facts, errors, controls

Imports point down this list. Importing gradtui, its parser and its lists imports neither torch nor
Textual.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from gradtui.core.version import version

        return version()
    if name == "log":
        from gradtui.core.metric_log import log

        return log
    if name == "open_run":
        from gradtui.runstore.reader.open_run import open_run

        return open_run
    if name == "watch":
        from gradtui.monitor import watch

        return watch
    raise AttributeError(f"module 'gradtui' has no attribute {name!r}")
