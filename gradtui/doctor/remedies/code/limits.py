"""Limits: on the gradient's norm, on what counts as a gradient, on a critic's weights."""

from gradtui.doctor.program_seen import SOUND_NORM, ProgramSeen
from gradtui.doctor.remedies.code.fragments import block, classes, joined, layer_kinds, number
from gradtui.doctor.remedies.code.prescription import AFTER, MODEL, STEP
from gradtui.doctor.remedies.code.recurrent import orthogonal_code
from gradtui.doctor.remedy import CodeLines, Remedy

USUAL_CLIP = 1.0
GROWING = 1.1
"""Factor of a time step from which on a signal grows tenfold in 25."""


def clip_at(seen: ProgramSeen, size: float) -> str:
    """A clip that takes the place of whatever clip there is."""
    there = bool(seen.clip_factor > 0)
    return joined(
        "# in place of the clipping that is there" if there else "",
        "# scaler.unscale_(optimizer) goes before this line" if seen.scaled else "",
        f"torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm={number(size)})",
    )


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


def clip_norm(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block(f"""
        # in place of clip_grad_value_
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm={number(USUAL_CLIP)})
    """)
    return CodeLines(
        STEP, code, "steps that keep the direction of the gradient, few of them clipped"
    )


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


CLIP_ALONE = Remedy(
    id="clip_alone",
    text=(
        "clip the gradient norm: it keeps numbers finite, and alone seldom makes such a net learn"
    ),
    code=clip,
    source=("Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063"),
)
CLIP_AT_USUAL_NORM = Remedy(
    id="clip_at_usual_norm",
    text=("clip the gradient norm at about its usual size"),
    code=clip,
    source=("Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063"),
)
ORTHOGONAL_AND_CLIP = Remedy(
    id="orthogonal_and_clip",
    text=(
        "initialise the recurrent weights orthogonally (spectral radius 1), and clip the gradient "
        "norm"
    ),
    code=orthogonal_and_clip,
    source=(
        "Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063; Saxe, McClelland and Ganguli, 2014, "
        "arXiv:1312.6120"
    ),
)
CLIP = Remedy(
    id="clip",
    text=("clip the gradient norm"),
    code=clip,
    source=("Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063"),
)
SPECTRAL_NORM = Remedy(
    id="spectral_norm",
    text=("use a gradient penalty or spectral normalisation in place of weight clipping"),
    code=spectral,
    source=("Gulrajani et al., 2017, arXiv:1704.00028; Miyato et al., 2018, arXiv:1802.05957"),
)
SMALLER_WEIGHT_CLIP = Remedy(
    id="smaller_weight_clip",
    text=("make the weight clip smaller"),
    code=smaller_weight_clip,
    source=("Arjovsky, Chintala and Bottou, 2017, arXiv:1701.07875"),
)
LARGER_WEIGHT_CLIP = Remedy(
    id="larger_weight_clip",
    text=("make the weight clip larger"),
    code=larger_weight_clip,
    source=("Arjovsky, Chintala and Bottou, 2017, arXiv:1701.07875"),
)
SKIP_NONFINITE = Remedy(
    id="skip_nonfinite",
    text=("skip steps whose gradient norm is not finite"),
    code=skip_nonfinite,
    source=("Micikevicius et al., 2018, arXiv:1710.03740"),
)
RAISE_CLIP = Remedy(
    id="raise_clip",
    text=("raise the clip threshold towards the median norm"),
    code=raise_clip,
    source=("Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063"),
)
NORM_IN_PLACE_OF_VALUES = Remedy(
    id="norm_in_place_of_values",
    text=("clip the gradient norm in place of its values, or raise the limit"),
    code=clip_norm,
    source=("Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063"),
)
