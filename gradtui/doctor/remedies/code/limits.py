"""Limits: on the gradient's norm, on what counts as a gradient, on a critic's weights."""

from gradtui.doctor.remedies.code.fragments import block, classes, layer_kinds, number
from gradtui.doctor.remedies.code.learning_rate import clip_at
from gradtui.doctor.remedies.code.prescription import AFTER, MODEL, STEP, CodeLines
from gradtui.doctor.remedies.code.program_seen import SOUND_NORM, ProgramSeen
from gradtui.doctor.remedies.code.recurrent import orthogonal_code

USUAL_CLIP = 1.0
GROWING = 1.1
"""Factor of a time step from which on a signal grows tenfold in 25."""


def clip(seen: ProgramSeen) -> CodeLines:
    """At about the size that gradients had before they grew; where recurrent weights make them grow,
    these as well, as a clip alone leaves a direction that means nothing."""
    code = orthogonal_code(seen) if seen.recurrent_gain > GROWING else ""
    also = ((MODEL, code),) if code else ()
    expect = "no norm that outgrows the others, and later seldom a clipped step"
    return CodeLines(STEP, clip_at(seen, _usual(seen)), expect, also)


def orthogonal_and_clip(seen: ProgramSeen) -> CodeLines | None:
    """Weights that enlarge nothing, and a clip for what learning makes of them."""
    code = orthogonal_code(seen)
    expect = "a signal that is as large after many time steps back as after one"
    return CodeLines(MODEL, code, expect, ((STEP, clip_at(seen, _usual(seen))),)) if code else None


def _usual(seen: ProgramSeen) -> float:
    return seen.norm if 0 < seen.norm < SOUND_NORM else USUAL_CLIP


def raise_clip(seen: ProgramSeen) -> CodeLines:
    return CodeLines(
        STEP, clip_at(seen, seen.norm), "about half of the steps clipped, and those a little"
    )


def skip_nonfinite(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        grads = [weight.grad for weight in model.parameters() if weight.grad is not None]
        if not torch.isfinite(torch.nn.utils.get_total_norm(grads)):
            optimizer.zero_grad()  # nothing is left to step with: the weights stay as they are
    """)
    return CodeLines(STEP, code, "weights that stay finite, whatever single batches do")


def smaller_weight_clip(seen: ProgramSeen) -> CodeLines:
    return _weight_clip(seen, 0.3)


def larger_weight_clip(seen: ProgramSeen) -> CodeLines:
    return _weight_clip(seen, 3.0)


def _weight_clip(seen: ProgramSeen, factor: float) -> CodeLines:
    size = seen.weight_clip
    limit = number(size * factor) if size > 0 else "0.003" if factor < 1 else "0.03"
    was = f", {number(size)} so far" if size > 0 else ""
    code = block(f"""
        with torch.no_grad():  # in place of the clipping that is there{was}
            for weight in model.parameters():  # model: the critic
                weight.clamp_(-{limit}, {limit})
    """)
    return CodeLines(
        AFTER, code, "a critic whose gradients are of one size from first to last layer"
    )


def spectral(seen: ProgramSeen) -> CodeLines:
    """Layers that enlarge nothing by more than 1; a weight clip then limits only biases."""
    code = block(f"""
        for layer in list(model.modules()):  # model: the critic
            if isinstance(layer, {classes(layer_kinds(seen))}):
                torch.nn.utils.parametrizations.spectral_norm(layer)
        # and take the clipping of the critic's weights out
    """)
    return CodeLines(MODEL, code, "gradients of one size from the critic's first to its last layer")
