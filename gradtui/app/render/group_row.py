"""What a line of the list of layers is called: a layer, or a group of layers that can be opened."""

from rich.cells import cell_len

from gradtui.app.folding import Entry
from gradtui.app.layer_groups import Group
from gradtui.app.render.text import fit, fit_name, to_ascii

INDENT = 2
"""Cells by which a layer stands further in than the group around it."""


def entry_name(entry: Entry, cells: int, ascii_only: bool) -> str:
    """ "▸ transformer.h.* (288)", at most `cells` wide: without the number of layers where the label is
    whole then, else with the label cut."""
    lead, tail = _ends(entry, ascii_only)
    if cell_len(lead + entry.label + tail) > cells >= cell_len(lead + entry.label):
        tail = ""
    shorten = fit if entry.group is not None else fit_name
    label = shorten(entry.label, max(cells - cell_len(lead) - cell_len(tail), 3))
    return lead + (to_ascii(label) if ascii_only else label) + tail


def entry_width(entry: Entry) -> int:
    """Cells of a name in full."""
    lead, tail = _ends(entry, False)
    return cell_len(lead + entry.label + tail)


def _ends(entry: Entry, ascii_only: bool) -> tuple[str, str]:
    lead = " " * (INDENT * entry.depth)
    if entry.group is None:
        return lead, ""
    sign = ("-" if entry.open else "+") if ascii_only else ("▾" if entry.open else "▸")
    return f"{lead}{sign} ", f" ({len(entry.group.rows)})"


def worst_name(group: Group, name: str, cells: int) -> str:
    """The name of the layer that stands for a closed group, without what all names in it begin with; what
    is nothing but a number then keeps what it counts."""
    rest = name.removeprefix(group.base)
    if rest.isdecimal():
        rest = name.removeprefix(group.base[: group.base.rstrip(".").rfind(".") + 1])
    return fit(rest, cells)
