"""The tools that values can be sent to. A new one is a file of its own, a line here and one in `address`."""

from collections.abc import Callable

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels.channel import Channel, Kind
from gradtui.commands.forward.records import RunAbout

Opening = Callable[[Address, RunAbout], Channel]


def _tensorboard() -> Opening:
    from gradtui.commands.forward.channels.tensorboard import TensorBoardChannel

    return TensorBoardChannel


def _otlp() -> Opening:
    from gradtui.commands.forward.channels.otlp import OtlpChannel

    return OtlpChannel


def _mlflow() -> Opening:
    from gradtui.commands.forward.channels.mlflow import MlflowChannel

    return MlflowChannel


def _wandb() -> Opening:
    from gradtui.commands.forward.channels.wandb import WandbChannel

    return WandbChannel


MLFLOW_REQUEST = 1_000
"""Metrics that MLflow takes at once."""
KINDS = {
    "tensorboard": Kind(20_000, _tensorboard),
    "wandb": Kind(20_000, _wandb),
    "mlflow": Kind(MLFLOW_REQUEST, _mlflow),
    "otlp": Kind(20_000, _otlp),
}
