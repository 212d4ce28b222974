"""First weights: for the activation, smaller, orthogonal."""

from gradtui.health.prescriptions.code import (
    block,
    classes,
    each_layer,
    indented,
    joined,
    layer_kinds,
)
from gradtui.health.prescriptions.prescription import MODEL, OPTIMIZER, Lines
from gradtui.health.prescriptions.seen import Seen
from gradtui.health.prescriptions.speed import SOUND_RATIO, overshoot, set_lr

BOUNDED = ("tanh", "sigmoid", "hardtanh", "softsign", "hardsigmoid")

XAVIER = "torch.nn.init.xavier_uniform_(layer.weight)"
HE = 'torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")'
ZERO_BIAS = block("""
    if layer.bias is not None:
        torch.nn.init.zeros_(layer.bias)
""")
FINDS_OUT = block("""
    modules = [type(module).__name__ for module in model.modules()]
    bounded = "Tanh" in modules or "Sigmoid" in modules  # True as well if called as functions
""")
EITHER = block(f"""
    if bounded:
        {XAVIER}
    else:  # ReLU and its kin
        {HE}
""")
ALL_MATRICES = block("""
    tables = [m.weight for m in model.modules() if isinstance(m, torch.nn.Embedding)]
    for weight in model.parameters():
        if weight.dim() > 1 and not any(weight is table for table in tables):
            torch.nn.init.xavier_uniform_(weight)
""")
ORTHOGONAL = block("""
    for layer in model.modules():
        if isinstance(layer, (torch.nn.RNNBase, torch.nn.RNNCellBase)):
            for name, weight in layer.named_parameters():
                if "weight_hh" in name:  # one square a gate
                    for square in weight.data.split(weight.shape[1]):
                        torch.nn.init.orthogonal_(square)
    # recurrent weights in a layer of your own: torch.nn.init.orthogonal_(layer.weight)
""")
BRANCHES = block("""
    layers = [layer for layer in model.modules() if isinstance(layer, {kinds})]
    wide = [float(l.weight.detach().float().std()) * l.weight[0].numel() ** 0.5 for l in layers]
    if max(wide) < 2.5:  # they fit their activation: what grows is the sum over skip connections
        for layer in layers[1:-1]:
            layer.weight.data *= len(layers) ** -0.5
    else:
        {fitting}
""")
EXPECT = "gradient norms of all layers within a factor of a hundred of each other from step 0 on"


def fit_init(seen: Seen) -> Lines:
    """He or Xavier, whichever the activation wants; the code finds out where that was not seen.
    Where the weights were sane and signals grow all the same, they add up over skip connections."""
    if (
        seen.finding.symptom == "exploding_gradient"
        and not seen.growth > 1e2
        and not seen.sequences
    ):
        code = BRANCHES.replace("{kinds}", classes(layer_kinds(seen)))
        return Lines(MODEL, code.replace("{fitting}", indented(fitting(seen)).lstrip()), EXPECT)
    return Lines(MODEL, fitting(seen), EXPECT)


def fitting(seen: Seen) -> str:
    if seen.attention:
        return ALL_MATRICES
    recurrent = seen.kinds.intersection(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"))
    return joined(init_code(seen, seen.activation), ORTHOGONAL if recurrent else "")


def init_code(seen: Seen, activation: str) -> str:
    if activation in BOUNDED:
        return each_layer(seen, joined(XAVIER, ZERO_BIAS))
    if activation:
        return each_layer(seen, joined(HE, ZERO_BIAS))
    return joined(FINDS_OUT, each_layer(seen, joined(EITHER, ZERO_BIAS)))


def refit(seen: Seen) -> str:
    """New weights only for the layers whose weights are out of all proportion as they are built or
    loaded: nothing that was learned is lost."""
    head = block("""
        wide = layer.weight.float().std() * layer.weight[0].numel() ** 0.5
        if not 0.3 < wide < 4:  # torch's own gives 0.6, He's 1.4
    """)
    return each_layer(seen, joined(head, indented(joined(HE, ZERO_BIAS))))


def smaller_weights(seen: Seen) -> Lines:
    """Xavier: outputs as wide as inputs; and shorter steps, where it was these that pinned units."""
    code = ALL_MATRICES if seen.attention else each_layer(seen, joined(XAVIER, ZERO_BIAS))
    also = (
        ((OPTIMIZER, set_lr(seen, overshoot(seen))),) if seen.first_ratio > 10 * SOUND_RATIO else ()
    )
    return Lines(MODEL, code, "units that answer: a loss that moves within a few steps", also)


def biases_and_he(seen: Seen) -> Lines:
    """Units that start on the side where a ReLU passes something."""
    bias = block("""
        if layer.bias is not None:
            torch.nn.init.constant_(layer.bias, 0.01)
    """)
    code = each_layer(seen, joined(HE, bias))
    return Lines(MODEL, code, "about half of the units of each layer active on any batch")


def orthogonal(seen: Seen) -> Lines:
    """Recurrent weights that neither shrink nor enlarge a signal, gate by gate."""
    del seen
    return Lines(
        MODEL, ORTHOGONAL, "a signal that is as large after many time steps back as after one"
    )
