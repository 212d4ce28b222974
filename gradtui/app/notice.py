"""What the person is told once."""

from dataclasses import dataclass
from typing import Literal

from gradtui.core.event import Failed

Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the person once."""

    text: str
    severity: Severity = "information"
    bell: bool = False
    failure: Failed | None = None
