"""MLflow, by its own client: a run of its own beside whatever the program logs there."""

import os
from typing import Any

from gradtui.commands.forward.address import Address, without_user
from gradtui.commands.forward.channels.channel import RefusedError, clause
from gradtui.commands.forward.records import Batch, RunAbout, StepValues
from gradtui.runstore.files.extra import needed

EXPERIMENT = "gradtui"
"""Where neither MLFLOW_EXPERIMENT_NAME nor MLFLOW_EXPERIMENT_ID says another."""
LIMITS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "8"}
"""Its own patience is minutes."""
LONGEST, LONGEST_NAME = 4000, 240
"""Characters of a tag and of a metric's name."""
LOST = ("Max retries exceeded", "Connection refused", "timed out", "error code 5", "429")
"""What its messages say where the same may be taken later."""


class MlflowChannel:
    """Metrics of every step, findings as tags `gradtui.finding.SYMPTOM` of the run."""

    limits = ()

    def __init__(self, address: Address, about: RunAbout) -> None:
        for name, value in LIMITS.items():
            os.environ.setdefault(name, value)
        if "://" not in address.place or address.place.startswith("file:"):
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # it was named
        uri, user = without_user(address.place)
        if user is not None:
            os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = user
        mlflow = needed("mlflow", "mlflow", what="--to mlflow")
        self._entities = needed("mlflow.entities", "mlflow", what="--to mlflow")
        try:
            self._client = mlflow.MlflowClient(tracking_uri=uri or None)
            tags = {"mlflow.runName": about.name, "gradtui.command": about.command[:LONGEST]}
            run = self._client.create_run(self._experiment(), tags=tags)
        except Exception as error:
            raise refused(error) from None
        self._run: str = run.info.run_id

    def send(self, batch: Batch) -> int:
        metrics = [metric for one in batch.steps for metric in self._metrics(one)]
        tags = [
            self._entities.RunTag(f"gradtui.{one.kind}.{one.symptom}", one.words[:LONGEST])
            for one in batch.told
        ]
        if batch.standing is not None:
            tags.append(self._entities.RunTag("gradtui.verdict", batch.standing.verdict))
        try:
            self._client.log_batch(self._run, metrics=metrics, tags=tags)
        except Exception as error:
            raise refused(error) from None
        return 0

    def close(self, *, failed: bool) -> None:
        try:
            self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")
        except Exception as error:
            raise refused(error) from None

    def _experiment(self) -> str:
        if number := os.environ.get("MLFLOW_EXPERIMENT_ID"):
            return number
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(name))

    def _metrics(self, one: StepValues) -> list[Any]:
        when = int(one.time * 1000)
        return [
            self._entities.Metric(metric_name(tag), value, when, one.step)
            for tag, value in one.tagged().items()
        ]


def metric_name(tag: str) -> str:
    """As MLflow takes them: letters, digits, and `_-. /`; no part of a path may be nothing but dots."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "_-. /") else "_" for c in tag)
    parts = [part if part.strip(". ") else "_" for part in plain.split("/")]
    return "/".join(parts)[-LONGEST_NAME:].lstrip("/")


def refused(error: Exception) -> RefusedError:
    """An error of its client; where the other side is not there it may be later."""
    words = str(error).strip()
    for sign in ("Connection refused", "timed out"):
        if sign in words:
            return RefusedError(sign.lower(), again=True)
    return RefusedError(clause(error), again=any(sign in words for sign in LOST))
