"""Changes of the net itself: normalisation, fewer layers."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import (
    block,
    indented,
    joined,
    layer_kinds,
    layers,
    quoted,
)
from gradtui.doctor.remedies.code.prescription import MODEL, OPTIMIZER
from gradtui.doctor.remedies.code.recurrent_stacks import normed_outputs
from gradtui.doctor.remedy import CodeLines, Remedy

NORMS = {
    "Linear": "torch.nn.BatchNorm1d(layer.out_features)",
    "Conv1d": "torch.nn.BatchNorm1d(layer.out_channels)",
    "Conv2d": "torch.nn.BatchNorm2d(layer.out_channels)",
    "Conv3d": "torch.nn.BatchNorm3d(layer.out_channels)",
}
LAYER_NORM = "torch.nn.LayerNorm(layer.out_features)"
GROUP_NORM = "torch.nn.GroupNorm(1, layer.out_channels)"
NORMS_FIRST = block("""
    for block in model.modules():  # or norm_first=True where they are built
        if isinstance(block, torch.nn.TransformerEncoderLayer):
            block.norm_first = True
""")


def several_layers(seen: ProgramSeen) -> bool:
    """There is something between two layers that could be normalised."""
    return len(seen.all_rows) >= 2


def has_branches(seen: ProgramSeen) -> bool:
    """Something is added to what goes past it."""
    return seen.facts.info.residual


def normalise(seen: ProgramSeen) -> CodeLines | None:
    """BatchNorm after each layer but the last; LayerNorm where batch statistics do not fit. A
    torch Transformer's norms go to the front of its branches (Xiong et al., 2020), None where they
    are there; of a recurrent net its outputs; None where no layer is hidden."""
    expect = "gradient norms of all layers alike, and a loss that falls at once"
    if seen.attention:
        return CodeLines(MODEL, NORMS_FIRST, expect) if _normed_last(seen) else None
    recurrent, found = normed_outputs(seen), layers(seen)
    hidden = [row for row in found if row is not seen.all_rows[-1]]
    if recurrent is not None or (seen.all_rows and not hidden):
        return recurrent
    norms = {kind: NORMS[kind] for kind in layer_kinds(seen)}
    norms = {k: v for k, v in norms.items() if not hidden or any(r.kind == k for r in hidden)}
    if seen.sequences or "critic" in seen.facts.info.task:
        norms = {k: LAYER_NORM if k == "Linear" else GROUP_NORM for k in norms}
    output = f"model.get_submodule({seen.path(seen.all_rows[-1])!r})" if found else "None"
    where = f"  # {quoted([row.name for row in hidden])}" if hidden else ""
    place = "" if seen.device == "cpu" and not seen.pure_half else ".to(layer.weight)"
    parts = [
        joined(
            f"if isinstance(layer, torch.nn.{kind}) and layer is not output:",
            f"    model.set_submodule(name, torch.nn.Sequential(layer, {norm}{place}))",
        )
        for kind, norm in norms.items()
    ]
    code = joined(
        f"output = {output}",
        f"for name, layer in list(model.named_modules()):{where}",
        indented(joined(*parts)),
    )
    return CodeLines(MODEL, code, expect)


def smaller_branches(seen: ProgramSeen) -> CodeLines:
    """The last layer of each branch by one over the root of how many there are, as in GPT-2 (Radford
    et al., 2019)."""
    del seen
    code = block("""
        last = ("out_proj", "linear2")  # or what else a branch ends with
        ends = [layer for name, layer in model.named_modules() if name.endswith(last)]
        for layer in ends:
            layer.weight.data *= len(ends) ** -0.5
    """)
    return CodeLines(
        MODEL, code, "a signal that is about as large after the last block as before it"
    )


def training_mode(seen: ProgramSeen) -> CodeLines:
    """What a layout cannot tell."""
    del seen
    code = "model.train()  # and model.eval() for a validation only, with train() again after it"
    return CodeLines(OPTIMIZER, code, "gradient norms of all layers alike")


def _normed_last(seen: ProgramSeen) -> bool:
    """Blocks of torch's own that normalise the sum, not what goes into a branch."""
    places = {seen.path(row): at for at, row in enumerate(seen.facts.layout.rows)}
    blocks = [path.removesuffix("norm1") for path in places if path.endswith(".norm1")]
    torchs = [block for block in blocks if {block + "self_attn", block + "linear1"} <= {*places}]
    return any(places[block + "norm1"] > places[block + "self_attn"] for block in torchs)


def shallower(seen: ProgramSeen) -> CodeLines | None:
    """About half of the layers that keep their width goes, with what stands between them; None
    where they are not in one list."""
    runs: list[tuple[str, list[int]]] = []
    open_: dict[tuple[str, str], tuple[int, list[int]]] = {}
    for row in layers(seen)[:-1]:
        words = seen.path(row).split(".")
        for at, word in enumerate(words):
            if not (word.isdecimal() and word.isascii()):
                continue
            stack, key = ".".join(words[:at]), (".".join(words[:at]), ".".join(words[at + 1 :]))
            width, run = open_.get(key, (0, []))
            if row.fan_in != row.fan_out or width != row.fan_in:
                width, run = row.fan_in, []
                runs.append((stack, run))
                open_[key] = width, run
            if row.fan_in == row.fan_out:
                run.append(int(word))
    name, places = max(runs, key=lambda one: len(one[1]), default=("", []))
    if len(places) < 2:
        return None
    gone = len(places) // 2
    first, end = places[len(places) - 1 - gone], places[-1]
    stack = f"model.get_submodule({name!r})" if name else "model"
    code = f"del {stack}[{first}:{end}]  # {gone} of {len(places)} layers, with what follows each"
    return CodeLines(
        MODEL,
        code,
        "half as many powers of ten between first and last layer; seldom enough by itself",
    )


SKIPS_OR_NORMS = Remedy(
    id="skips_or_norms",
    text=("add skip connections or BatchNorm between the layers"),
    code=normalise,
    applies=several_layers,
    source=("He et al., 2016, arXiv:1512.03385; Ioffe and Szegedy, 2015, arXiv:1502.03167"),
)
SHALLOWER = Remedy(
    id="shallower",
    text=("make the net shallower"),
    code=shallower,
    source=("He et al., 2016, arXiv:1512.03385"),
)
NORMALISE = Remedy(
    id="normalise",
    text=("normalise the layers (BatchNorm, LayerNorm)"),
    code=normalise,
    applies=several_layers,
    source=(
        "Ioffe and Szegedy, 2015, arXiv:1502.03167; Ba, Kiros and Hinton, 2016, arXiv:1607.06450"
    ),
)
PRE_NORM = Remedy(
    id="pre_norm",
    text=("let each branch add to what it is given, and normalise before it (pre-norm), not after"),
    code=normalise,
    source=("Xiong et al., 2020, arXiv:2002.04745"),
)
SMALLER_BRANCHES = Remedy(
    id="smaller_branches",
    text=("scale down what each branch adds at first"),
    code=smaller_branches,
    applies=has_branches,
    source=("Radford et al., 2019, Language Models are Unsupervised Multitask Learners"),
)
NORMALISE_OR_SMALLER_BRANCHES = Remedy(
    id="normalise_or_smaller_branches",
    text=("normalise the layers (BatchNorm, LayerNorm) or scale down residual branches"),
    code=normalise,
    applies=several_layers,
    source=(
        "Ioffe and Szegedy, 2015, arXiv:1502.03167; Zhang, Dauphin and Ma, 2019, arXiv:1901.09321"
    ),
)
NORMALISE_CRITIC = Remedy(
    id="normalise_critic",
    text=("normalise the layers"),
    code=normalise,
    source=(
        "Gulrajani et al., 2017, arXiv:1704.00028; Ba, Kiros and Hinton, 2016, arXiv:1607.06450"
    ),
)
NORMALISE_INPUTS_OF_LAYERS = Remedy(
    id="normalise_inputs_of_layers",
    text=("normalise the layers' inputs (BatchNorm, LayerNorm)"),
    code=normalise,
    applies=several_layers,
    source=(
        "Ioffe and Szegedy, 2015, arXiv:1502.03167; Ba, Kiros and Hinton, 2016, arXiv:1607.06450"
    ),
)
TRAINING_MODE = Remedy(
    id="training_mode",
    text=("check that the model is in training mode: in eval mode BatchNorm ignores the batch"),
    code=training_mode,
    source=("Ioffe and Szegedy, 2015, arXiv:1502.03167"),
)
NORMALISING = (
    SKIPS_OR_NORMS,
    NORMALISE,
    NORMALISE_OR_SMALLER_BRANCHES,
    NORMALISE_INPUTS_OF_LAYERS,
)
"""Remedies that put norms into a net."""
