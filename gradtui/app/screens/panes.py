"""The panes beside the layers: which of them are in sight."""

from gradtui.app.geometry import Arrangement


def in_sight(kind: Arrangement, names: tuple[str, ...], chosen: str) -> set[str]:
    """Where they are tabs, the chosen one; else those that there is room for."""
    match kind:
        case "tiny":
            return set()
        case "narrow":
            return {"findings"}
        case "wide" | "broad":
            return set(names) - {"heat"}  # which stands beside the layers
        case _:
            return {chosen}
