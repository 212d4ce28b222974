"""What is sent: values of steps, findings, and how things stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SEVERITIES = {"ok": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True, slots=True)
class Quantity:
    """`tag` is what TensorBoard, wandb and mlflow call it, `metric` what OpenTelemetry does; `unit` is "1"
    for a share, "" for a number without one."""

    tag: str
    metric: str
    unit: str
    words: str


QUANTITIES = {
    "loss": Quantity("loss", "gradtui.loss", "", "loss of the step"),
    "lr": Quantity("lr", "gradtui.learning_rate", "", "learning rate of the first parameter group"),
    "total_norm": Quantity(
        "grad/total_norm",
        "gradtui.gradient.total_norm",
        "",
        "L2 norm of the whole gradient, before clipping",
    ),
    "clipped_norm": Quantity(
        "grad/clipped_norm",
        "gradtui.gradient.clipped_norm",
        "",
        "the same after clipping, where anything clips",
    ),
    "update_ratio": Quantity(
        "update_ratio",
        "gradtui.update_ratio",
        "1",
        "norm of the step's change of the weights over the norm of the weights",
    ),
    "measured": Quantity(
        "steps_measured",
        "gradtui.steps_measured",
        "1",
        "share of the steps so far whose gradients were measured",
    ),
}
"""Of a whole step, by the names used here."""
LAYER_QUANTITIES = {
    "grad_norm": Quantity(
        "grad_norm",
        "gradtui.layer.gradient_norm",
        "",
        "L2 norm of a layer's gradient, before clipping",
    ),
    "update_ratio": Quantity(
        "update_ratio", "gradtui.layer.update_ratio", "1", "the update ratio of a layer's weights"
    ),
}
"""Of one layer."""
RANK_NORM = Quantity(
    "grad_norm",
    "gradtui.rank.gradient_norm",
    "",
    "L2 norm of a rank's gradient, before clipping, at the newest step that it has measured",
)
LOGGED = Quantity("metrics", "gradtui.logged", "", "a value that the program logs by itself")


@dataclass(frozen=True, slots=True)
class StepValues:
    """Values of one step. `time` is seconds since 1970. Numbers need not be finite: NaN is a value, and
    what was not measured is not there."""

    step: int
    time: float
    values: Mapping[str, float]
    """By the names in QUANTITIES."""
    layers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By the names in LAYER_QUANTITIES, then by layer."""
    ranks: Mapping[str, float] = field(default_factory=dict)
    """The gradient norm of a rank, by its number."""
    logged: Mapping[str, float] = field(default_factory=dict)
    """What the program logged, by its name."""

    @property
    def points(self) -> int:
        by_layer = sum(map(len, self.layers.values()))
        return len(self.values) + by_layer + len(self.ranks) + len(self.logged)

    @property
    def kind(self) -> tuple[str, ...]:
        """What is thinned together: measured steps, those with loss and learning rate alone, each rank,
        and each name that the program logs under, or a seldom one would go with those beside it."""
        if self.logged:
            return ("logged", *self.logged)
        if self.ranks:
            return ("ranks", *self.ranks)
        return ("layers",) if self.layers else ("scalars",)

    def tagged(self) -> dict[str, float]:
        """Every value by its tag; of layers "NAME/grad_norm", of ranks "ranks/0/grad_norm", of what the
        program logs "metrics/NAME"."""
        out = {QUANTITIES[name].tag: value for name, value in self.values.items()}
        for name, layers in self.layers.items():
            tag = LAYER_QUANTITIES[name].tag
            out |= {f"{layer}/{tag}": value for layer, value in layers.items()}
        out |= {f"ranks/{rank}/{RANK_NORM.tag}": norm for rank, norm in self.ranks.items()}
        return out | {f"{LOGGED.tag}/{name}": value for name, value in self.logged.items()}


@dataclass(frozen=True, slots=True)
class Told:
    """Something that is told once. Its words are safe to show.

    `kind`: "finding"; "gone" for one that holds no more; "nonfinite" for the first NaN or infinity, whose
    `evidence` is where it was born; "end" for the verdict at the end.
    """

    kind: str
    step: int
    time: float
    symptom: str
    severity: str
    evidence: str = ""
    cause: str = ""
    remedy: str = ""
    layers: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """One paragraph for people."""
        head = f"step {self.step:,}: {self.symptom.replace('_', ' ')}"
        match self.kind:
            case "gone":
                return f"{head} is not found any more."
            case "end":
                head = f"end, {head}"
        parts = [f"{head} ({self.severity})" if self.severity != "ok" else head]
        parts += [self.evidence] if self.evidence else []
        parts += [f"Why: {self.cause}"] if self.cause else []
        parts += [f"Try: {self.remedy}"] if self.remedy else []
        return ". ".join(part.rstrip(".") for part in parts) + "."


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand at the newest step; what is sent is always the latest."""

    step: int
    time: float
    verdict: str
    severity: str
    findings: Mapping[str, str] = field(default_factory=dict)
    """Symptom -> severity, "ok" for those that hold no more."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """The newest step of each rank, where several train together."""


@dataclass(frozen=True, slots=True)
class RunAbout:
    """What is known of a run from its beginning."""

    name: str
    command: str
    ranks: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sent at once, steps in rising order."""

    steps: Sequence[StepValues] = ()
    told: Sequence[Told] = ()
    standing: Standing | None = None

    @property
    def points(self) -> int:
        return sum(one.points for one in self.steps) + len(self.told)
