"""First weights: for the activation, smaller, orthogonal."""

import math

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import (
    block,
    classes,
    each_layer,
    fill_bias,
    indented,
    joined,
    layer_kinds,
    layers,
    quoted,
)
from gradtui.doctor.remedies.code.learning_rate import SOUND_RATIO, overshoot, set_lr
from gradtui.doctor.remedies.code.prescription import MODEL, OPTIMIZER
from gradtui.doctor.remedies.code.recurrent import orthogonal_code
from gradtui.doctor.remedy import CodeLines, Remedy

BOUNDED = ("tanh", "sigmoid", "hardtanh", "softsign", "hardsigmoid")
OUT_OF_PROPORTION = 1e2
"""Times that the first weights multiply or divide signals by on the way through, and more: they are
themselves at fault."""

XAVIER = "torch.nn.init.xavier_uniform_(layer.weight)"
HE = 'torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")'
ZERO_BIAS = "torch.nn.init.zeros_(layer.bias)"
LOW_BIAS = "torch.nn.init.constant_(layer.bias, 0.01)"
FINDS_OUT = block("""
    bounded = any(isinstance(m, (torch.nn.Tanh, torch.nn.Sigmoid)) for m in model.modules())
    gain = 1.0 if bounded else 2**0.5  # tanh: Xavier; ReLU and its kin: He
""")
EITHER = "torch.nn.init.xavier_uniform_(layer.weight, gain)"
ALL_MATRICES = block("""
    for weight in model.parameters():
        if weight.dim() > 1:
            torch.nn.init.xavier_uniform_(weight)
""")
BUT_TABLES = block("""
    for name, weight in model.named_parameters():
        if weight.dim() > 1 and name not in {tables}:
            torch.nn.init.xavier_uniform_(weight)
""")
EXPECT = "gradient norms of all layers within a factor of a hundred of each other from step 0 on"


def fit_init(seen: ProgramSeen) -> CodeLines:
    """He or Xavier, whichever the activation wants; the code finds out where that was not seen.
    Where signals grow though no weights were seen that make them, it is skip connections that add up:
    then layers between the first and the last get weights that are small for it."""
    grows = seen.finding.symptom == "exploding_gradient" and not seen.sequences
    sane = 1 / OUT_OF_PROPORTION < seen.growth < OUT_OF_PROPORTION
    adds_up = sane or (seen.facts.info.residual and math.isnan(seen.growth))
    code = branches(seen) if grows and adds_up and len(layers(seen)) > 2 else fitting(seen)
    return CodeLines(MODEL, code, EXPECT)


def branches(seen: ProgramSeen) -> str:
    """1/sqrt(depth), as in GPT-2 (Radford et al., 2019)."""
    inner = [row.name for row in layers(seen)[1:-1]]
    fitted = XAVIER if seen.activation in BOUNDED else HE
    return joined(
        f"layers = [m for m in model.modules() if isinstance(m, {classes(layer_kinds(seen))})]",
        f"for layer in layers[1:-1]:  # {quoted(inner)}: what skip connections add up",
        indented(joined(fitted, f"layer.weight.data *= {len(inner)} ** -0.5")),
    )


def fitting(seen: ProgramSeen) -> str:
    if seen.attention:
        return all_matrices(seen)
    return joined(init_code(seen, seen.activation), orthogonal_code(seen))


def all_matrices(seen: ProgramSeen) -> str:
    """Of a Transformer: its projections are not modules with a `weight`."""
    layout = seen.facts.layout
    tables = tuple(t.name for t in layout.tensors if layout.rows[t.row].kind == "Embedding")
    return BUT_TABLES.replace("{tables}", repr(tables)) if tables else ALL_MATRICES


def init_code(seen: ProgramSeen, activation: str) -> str:
    bias = fill_bias(seen, ZERO_BIAS)
    if seen.all_rows and not layers(seen):
        return ""
    if not activation:
        return joined(FINDS_OUT, each_layer(seen, joined(EITHER, bias)))
    return each_layer(seen, joined(XAVIER if activation in BOUNDED else HE, bias))


def refit(seen: ProgramSeen) -> str:
    """New weights where those that are there are out of all proportion; where that was not measured,
    only for layers of which it is true as they are built or loaded: nothing learned is lost."""
    sane = 1 / OUT_OF_PROPORTION < seen.growth < OUT_OF_PROPORTION
    if sane or (math.isnan(seen.growth) and seen.sound_start):
        return ""
    if not math.isnan(seen.growth):
        return init_code(seen, seen.activation)
    head = block("""
        wide = layer.weight.float().std() * layer.weight[0].numel() ** 0.5
        if not 0.3 < wide < 4:  # torch's own gives 0.6, He's 1.4
    """)
    body = joined(HE, fill_bias(seen, ZERO_BIAS))
    return each_layer(seen, joined(head, indented(body)))


def smaller_weights(seen: ProgramSeen) -> CodeLines:
    """Xavier: outputs as wide as inputs; and shorter steps, where it was these that pinned units."""
    xavier = joined(XAVIER, fill_bias(seen, ZERO_BIAS))
    code = all_matrices(seen) if seen.attention else each_layer(seen, xavier)
    also = (
        ((OPTIMIZER, set_lr(seen, overshoot(seen))),) if seen.first_ratio > 10 * SOUND_RATIO else ()
    )
    return CodeLines(MODEL, code, "units that answer: a loss that moves within a few steps", also)


def biases_and_he(seen: ProgramSeen) -> CodeLines:
    """Units that start on the side where a ReLU passes something."""
    code = each_layer(seen, joined(HE, fill_bias(seen, LOW_BIAS)))
    return CodeLines(MODEL, code, "about half of the units of each layer active on any batch")


FITTING_INIT = Remedy(
    id="fitting_init",
    text=("initialise for the activation: Xavier for tanh, He for ReLU"),
    code=fit_init,
    source=("Glorot and Bengio, 2010, AISTATS; He et al., 2015, arXiv:1502.01852"),
)
FITTING_INIT_RELU_FIRST = Remedy(
    id="fitting_init_relu_first",
    text=("initialise for the activation: He for ReLU, Xavier for tanh"),
    code=fit_init,
    source=("Glorot and Bengio, 2010, AISTATS; He et al., 2015, arXiv:1502.01852"),
)
FITTING_INIT_FOR_HALF = Remedy(
    id="fitting_init_for_half",
    text=("initialise for the activation, so that gradients are not so small to begin with"),
    code=fit_init,
    source=("Glorot and Bengio, 2010, AISTATS; He et al., 2015, arXiv:1502.01852"),
)
BIASES_AND_HE = Remedy(
    id="biases_and_he",
    text=("start biases at zero or slightly above, weights with He initialisation"),
    code=biases_and_he,
    source=("He et al., 2015, arXiv:1502.01852"),
)
SMALLER_WEIGHTS = Remedy(
    id="smaller_weights",
    text=("make the first weights smaller (Xavier)"),
    code=smaller_weights,
    source=("Glorot and Bengio, 2010, AISTATS"),
)
