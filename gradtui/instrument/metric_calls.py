"""The functions that programs log with, and what each is given: a name, a value, and a step."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any, NamedTuple

from gradtui.core.metric_pairs import says_which

Logged = Iterator[tuple[Any, Any]]
"""Names and values as the program has given them."""
DEEPEST, MOST = 4, 1024
"""Dictionaries within one another that are looked into, and values of one call."""


class MetricCall(NamedTuple):
    """One function: where it is once its module has been imported, and which of its parameters are
    wanted. `read` makes names and values of them, and what the program calls the step."""

    way: str
    module: str
    owner: str
    """The class that has it; "" for the module."""
    function: str
    wanted: tuple[str, ...]
    read: Callable[..., tuple[Logged, Any]]
    hands_on: bool = False
    """Whether it calls other functions of these with what it was given."""


def items(values: Any, prefix: str = "", join: str = "/", depth: int = 0) -> Logged:
    """Of a dictionary, and of those in it. Nothing else is gone through: that would call the program's
    own code."""
    if not issubclass(type(values), dict) or depth >= DEEPEST:
        return
    for name, value in list(dict.items(values))[:MOST]:
        if not isinstance(name, str):
            continue
        own = str.__str__(name)  # of a class of the program's nothing is called
        whole = f"{prefix}{join}{own}" if prefix else own
        if issubclass(type(value), dict):
            yield from items(value, whole, join, depth + 1)
        else:
            yield whole, value


def _scalar(writer: Any, tag: Any, value: Any, step: Any) -> tuple[Logged, Any]:
    return iter([(of_writer(writer, tag), value)]), step


def _scalars(writer: Any, tag: Any, values: Any, step: Any) -> tuple[Logged, Any]:
    prefix = str.__str__(tag) if isinstance(tag, str) else ""
    return ((of_writer(writer, name), value) for name, value in items(values, prefix)), step


def of_writer(writer: Any, tag: Any) -> Any:
    """A tag, behind the last part of the writer's folder where that says which data they are of: a
    writer for "runs/a/train" and one for "runs/a/val" give the same tag to two curves."""
    own = vars(writer) if hasattr(writer, "__dict__") else {}
    folder = own.get("log_dir", own.get("logdir"))
    folder = str(folder) if isinstance(folder, PurePath) else folder
    word = _last_word(folder) if type(folder) is str else ""
    return f"{word}/{tag}" if word and isinstance(tag, str) and not says_which(tag) else tag


@lru_cache(maxsize=256)
def _last_word(folder: str) -> str:
    """The last part of a path, where it says which data something is of; else ""."""
    last = PurePath(folder).name
    return last if last.isalpha() and says_which(last) else ""


def _mapping(values: Any, step: Any) -> tuple[Logged, Any]:
    return items(values), step


def _of_wandb(values: Any, step: Any) -> tuple[Logged, Any]:
    return items(values, join="."), step


def _one(name: Any, value: Any, step: Any) -> tuple[Logged, Any]:
    return iter([(name, value)]), step


def _of_trainer(trainer: Any, values: Any) -> tuple[Logged, Any]:
    state = vars(trainer).get("state")
    return items(values), vars(state).get("global_step") if hasattr(state, "__dict__") else None


def _of_accelerator(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Logged, Any]:
    """What it has around its function hands on whatever it is given."""
    given = dict(zip(("self", "values", "step"), args, strict=False)) | dict(kwargs)
    return items(given.get("values")), given.get("step")


WRITERS = ("torch.utils.tensorboard.writer", "tensorboardX.writer")
CONNECTOR = "trainer.connectors.logger_connector.logger_connector"
LIGHTNING = (f"lightning.pytorch.{CONNECTOR}", f"pytorch_lightning.{CONNECTOR}")
FABRIC = ("lightning.fabric.fabric", "lightning_fabric.fabric")

CALLS: tuple[MetricCall, ...] = (
    *(
        call
        for place in WRITERS
        for call in (
            MetricCall(
                "tensorboard",
                place,
                "SummaryWriter",
                "add_scalar",
                ("self", "tag", "scalar_value", "global_step"),
                _scalar,
            ),
            MetricCall(
                "tensorboard",
                place,
                "SummaryWriter",
                "add_scalars",
                ("self", "main_tag", "tag_scalar_dict", "global_step"),
                _scalars,
            ),
        )
    ),
    MetricCall("wandb", "wandb.sdk.wandb_run", "Run", "log", ("data", "step"), _of_wandb),
    MetricCall(
        "mlflow", "mlflow.tracking.fluent", "", "log_metric", ("key", "value", "step"), _one
    ),
    MetricCall(
        "mlflow", "mlflow.tracking.fluent", "", "log_metrics", ("metrics", "step"), _mapping
    ),
    *(
        MetricCall(
            "lightning",
            place,
            "_LoggerConnector",
            "log_metrics",
            ("metrics", "step"),
            _mapping,
            True,
        )
        for place in LIGHTNING
    ),
    *(
        MetricCall("fabric", place, "Fabric", "log_dict", ("metrics", "step"), _mapping, True)
        for place in FABRIC
    ),
    MetricCall(
        "trainer", "transformers.trainer", "Trainer", "log", ("self", "logs"), _of_trainer, True
    ),
    MetricCall(
        "accelerate",
        "accelerate.accelerator",
        "Accelerator",
        "log",
        ("args", "kwargs"),
        _of_accelerator,
        True,
    ),
)
