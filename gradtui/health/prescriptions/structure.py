"""Changes of the net itself: other activations, normalisation, fewer layers."""

from gradtui.health.prescriptions.code import (
    block,
    each_layer,
    indented,
    joined,
    layer_kinds,
)
from gradtui.health.prescriptions.prescription import MODEL, OPTIMIZER, Lines
from gradtui.health.prescriptions.seen import Seen
from gradtui.health.prescriptions.speed import overshoot, set_lr
from gradtui.health.prescriptions.weights import ZERO_BIAS, init_code

SWAP = block("""
    old = {old}
    functions = {functions}
    order = list(model.modules())
    last = max(i for i, module in enumerate(order) if hasattr(module, "weight"))
    stacked = [m for stack in order if isinstance(stack, torch.nn.Sequential) for m in stack]
    inner = [m for m in order[:last] if isinstance(m, old)]  # the output's own stays
    if not inner:  # one for all layers
        inner = [m for m in order[last:] if isinstance(m, old) and m not in stacked]
    for module in order:
        for name, child in list(module.named_children()):
            if child in inner:
                setattr(module, name, {new})
        for name, value in list(vars(module).items()):
            if any(value is function for function in functions):
                setattr(module, name, {function})
    # a function that is called by its name in forward() has to be changed there, by hand
""")
DEEP = 10
"""Layers from which on a plain stack of ReLUs learns slowly even with He's weights: whatever goes in,
the same comes out."""
ANY = "(torch.nn.Sigmoid, torch.nn.Softsign, torch.nn.ReLU, torch.nn.ReLU6)"
ANY_FUNCTION = "(torch.sigmoid, torch.relu, torch.nn.functional.sigmoid, torch.nn.functional.relu)"
ORTHOGONAL_LAYER = "torch.nn.init.orthogonal_(layer.weight)"
SQUASHING = "(torch.nn.Sigmoid, torch.nn.Tanh, torch.nn.Hardtanh, torch.nn.Softsign)"
SQUASHING_FUNCTIONS = (
    "(torch.sigmoid, torch.tanh, torch.nn.functional.sigmoid, torch.nn.functional.tanh)"
)
RELUS = "(torch.nn.ReLU, torch.nn.ReLU6)"
RELU_FUNCTIONS = "(torch.relu, torch.nn.functional.relu, torch.nn.functional.relu6)"

NORMS = {
    "Linear": "torch.nn.BatchNorm1d(layer.out_features)",
    "Conv1d": "torch.nn.BatchNorm1d(layer.out_channels)",
    "Conv2d": "torch.nn.BatchNorm2d(layer.out_channels)",
    "Conv3d": "torch.nn.BatchNorm3d(layer.out_channels)",
}
NORMALISE = block("""
    own = (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict)
    output = [module for module in model.modules() if hasattr(module, "weight")][-1]
    for parent in list(model.modules()):
        if type(parent).__module__.startswith("torch.nn") and not isinstance(parent, own):
            continue  # torch's own blocks bring their norms along
        for name, layer in list(parent.named_children()):
            {chosen}
            else:
                continue
            if layer is not output:
                setattr(parent, name, torch.nn.Sequential(layer, norm.to(layer.weight)))
""")
LAYER_NORM = "torch.nn.LayerNorm(layer.out_features)"
GROUP_NORM = "torch.nn.GroupNorm(1, layer.out_channels)"


def steep_activation(seen: Seen) -> Lines:
    """ReLU in place of what squashes, and the weights that go with it; in a deep stack tanh with
    orthogonal ones, which keep every direction of a signal at its length."""
    if len(seen.all_rows) > DEEP and not seen.sequences:
        swap = SWAP.format(
            old=ANY, functions=ANY_FUNCTION, new="torch.nn.Tanh()", function="torch.tanh"
        )
        code = joined(swap, each_layer(seen, joined(ORTHOGONAL_LAYER, ZERO_BIAS)))
    else:
        swap = SWAP.format(
            old=SQUASHING,
            functions=SQUASHING_FUNCTIONS,
            new="torch.nn.ReLU()",
            function="torch.nn.functional.relu",
        )
        code = swap if seen.attention else joined(swap, init_code(seen, "relu"))
    return Lines(
        MODEL, code, "the first layer's gradient within a factor of a hundred of the last one's"
    )


def leaky_activation(seen: Seen) -> Lines:
    """A slope on the negative side as well; and off that side, where the first weights put the units
    there, or shorter steps, where steps did."""
    code = SWAP.format(
        old=RELUS,
        functions=RELU_FUNCTIONS,
        new="torch.nn.LeakyReLU(0.1)",
        function="torch.nn.functional.leaky_relu",
    )
    expect = "no layer whose gradient is exactly zero"
    if seen.from_start:
        return Lines(MODEL, joined(code, init_code(seen, "relu")), expect)
    return Lines(MODEL, code, expect, also=((OPTIMIZER, set_lr(seen, overshoot(seen))),))


def normalise(seen: Seen) -> Lines:
    """BatchNorm after each layer but the last; LayerNorm where batch statistics do not fit."""
    norms = {kind: NORMS[kind] for kind in layer_kinds(seen)}
    if seen.sequences or "critic" in seen.facts.info.task:
        norms = {k: LAYER_NORM if k == "Linear" else GROUP_NORM for k in norms}
    chosen = "\n".join(
        f"{'elif' if i else 'if'} isinstance(layer, torch.nn.{kind}):\n    norm = {norm}"
        for i, (kind, norm) in enumerate(norms.items())
    )
    code = NORMALISE.replace("{chosen}", indented(chosen, 8).lstrip())
    return Lines(MODEL, code, "gradient norms of all layers alike, and a loss that falls at once")


def shallower(seen: Seen) -> Lines:
    """Every second of the layers that keep their width goes, with the activation behind it."""
    del seen
    code = block("""
        for stack in [m for m in model.modules() if isinstance(m, torch.nn.Sequential)]:
            names = [name for name, _ in stack.named_children()]
            layers = [getattr(stack, name) for name in names]
            square = [
                i
                for i, layer in enumerate(layers[:-1])
                if getattr(layer, "in_features", 0) == getattr(layer, "out_features", 1)
                or getattr(layer, "in_channels", 0) == getattr(layer, "out_channels", 1)
            ]
            for i in square[::2]:
                setattr(stack, names[i], torch.nn.Identity())
                if not list(layers[i + 1].parameters()):
                    setattr(stack, names[i + 1], torch.nn.Identity())
        # layers that forward() calls one by one have to be left out there, by hand
    """)
    return Lines(MODEL, code, "half as many powers of ten between the first and the last layer")
