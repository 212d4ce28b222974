"""How busy the machine is that trains, at one moment."""

from dataclasses import dataclass

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class GpuLoad:
    """One GPU. NaN where the driver does not say."""

    index: int
    """As the driver counts."""
    used: float = NAN
    """Bytes of its memory that are taken, by anybody."""
    total: float = NAN
    busy: float = NAN
    """Share of the time, 0..1, at which anything ran on it of late."""
    celsius: float = NAN
    watts: float = NAN


@dataclass(frozen=True, slots=True)
class MachineLoad:
    """NaN where it is not known."""

    load: float = NAN
    """Processes that want to run, on average over a minute."""
    cores: int = 0
    """Those that there are, or that the training may use; 0 where that is not known."""
    resident: float = NAN
    """Bytes of memory that the training's processes hold."""
    used: float = NAN
    """Bytes of the machine's memory that are taken, or of what its control group may have."""
    total: float = NAN
    gpus: tuple[GpuLoad, ...] = ()
    """Those that the training uses, as far as can be told."""
