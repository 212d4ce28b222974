"""Weights & Biases, by its own library: a run of its own beside whatever the program logs there."""

from typing import Any

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels.channel import RefusedError, clause
from gradtui.commands.forward.records import Batch, RunAbout, Told
from gradtui.runstore.files.extra import needed

PROJECT = "gradtui"
STEP = "step"
"""What the charts have on their axis: wandb's own counter takes no step again."""
WAIT = 30
"""Seconds that the other side gets to take up a run."""
LIMITS = ("wandb keeps what it could not upload in its own folder; 'wandb sync' sends that later",)


class WandbChannel:
    """Values of every step by `log`, findings in the summary. No alert: these mail people,
    and nobody has asked for that.

    wandb has a process of its own that takes everything at once and uploads it.
    """

    def __init__(self, address: Address, about: RunAbout) -> None:
        wandb = needed("wandb", "wandb", what="--to wandb")
        entity, _, project = address.place.rpartition("/")
        try:
            self._run: Any = wandb.init(
                entity=entity or None,
                project=project or PROJECT,
                name=about.name,
                config={"command": about.command, "ranks": about.ranks},
                settings=wandb.Settings(
                    console="off",
                    disable_code=True,
                    disable_git=True,
                    init_timeout=WAIT,
                    silent=True,
                    x_disable_machine_info=True,
                    x_disable_stats=True,
                ),
            )
        except Exception as error:
            raise RefusedError(clause(error), again=False) from None
        self._run.define_metric(STEP, hidden=True)
        self._run.define_metric("*", step_metric=STEP)

    @property
    def limits(self) -> tuple[str, ...]:
        return LIMITS if getattr(self._run, "offline", False) else ()

    def send(self, batch: Batch) -> int:
        try:
            for one in batch.steps:
                self._run.log({STEP: one.step, **one.tagged()})
            for told in batch.told:
                self._tell(told)
            if batch.standing is not None:
                self._run.summary["gradtui/verdict"] = batch.standing.verdict
        except Exception as error:
            raise RefusedError(clause(error), again=False) from None
        return 0

    def close(self, *, failed: bool) -> None:
        try:
            self._run.finish(exit_code=1 if failed else 0)
        except Exception as error:
            raise RefusedError(clause(error), again=False) from None

    def _tell(self, told: Told) -> None:
        self._run.summary[f"gradtui/{told.kind}/{told.symptom}"] = told.words
