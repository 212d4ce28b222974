"""Lists of modules that are alike, by the names of their tensors."""

from collections import defaultdict

from gradtui.core.layout import Layout


def module_lists(layout: Layout) -> dict[tuple[str, str], tuple[tuple[int, ...], ...]]:
    """(where a list is, its name) -> the tensors of each of its modules, as places in `layout`, where there
    are two or more with tensors of the same shapes: "moe.experts.3.weight" is in "experts" at "moe."."""
    found: dict[tuple[str, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for at, tensor in enumerate(layout.tensors):
        words = tensor.name.split(".")
        for i in range(1, len(words)):
            if words[i].isdecimal():
                place = "".join(f"{word}." for word in words[: i - 1])
                found[place, words[i - 1]][int(words[i])].append(at)
    out = {}
    for key, modules in found.items():
        shapes = {tuple(layout.tensors[at].shape for at in mine) for mine in modules.values()}
        if len(modules) > 1 and len(shapes) == 1 and sorted(modules) == list(range(len(modules))):
            out[key] = tuple(tuple(modules[number]) for number in sorted(modules))
    return out
