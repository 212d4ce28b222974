"""Activations by how they pass a gradient on."""

STEEP = frozenset(
    ("relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu", "mish")
) | {"hardswish", "tanh"}
"""Activations that are not to blame where signals fade: what is before them is too small."""
