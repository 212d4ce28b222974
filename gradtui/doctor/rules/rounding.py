"""Numbers that are rounded to zero: gradients in half precision, outputs that fade layer by layer."""

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.far_from_floor import rests_far_up
from gradtui.doctor.rules.parts_cut_off import zero_gradient
from gradtui.doctor.words import norm, percent


def fp16_underflow(reading: Reading) -> Finding | None:
    """Half-precision gradients that are exactly zero where real numbers would not be."""
    if not reading.half or not len(reading.now) or reading.seen < 3 or not len(reading.rows):
        return None
    if lost := _loss_underflow(reading):
        return lost
    zero = np.nan_to_num(reading.zero_fraction) >= T.ZERO_FRACTION
    if reading.progress:
        zero &= _never_any(reading) | _soon_none(reading)  # whatever the others have learned
        if not zero.any() or reading.seen < T.MISWIRED_STEPS:
            return None
    elif zero.mean() < T.ZERO_ROWS:
        return None
    dead = np.nan_to_num(reading.dead[reading.rows]) >= T.DEAD_SHARE
    if (zero & dead).any() and not faded_forward(reading):
        return None
    judged = reading.facts.layout.judged
    tops = reading.facts.grads[reading.now][:, judged, Grad.ABS_MAX]  # not every step has them
    tops = tops[~np.isnan(tops).all(axis=1)][-1:]
    largest = float(np.nanmax(tops)) if len(tops) else 0.0
    rows = tuple(int(r) for r in reading.rows[zero])
    counts = reading.facts.grads[:, judged, Grad.ZEROS] / reading.facts.layout.numel[judged]
    least = T.ZERO_ROWS if zero.mean() >= T.ZERO_ROWS else 0.0
    held = np.isnan(counts).all(axis=1) | ((counts >= T.ZERO_FRACTION).mean(axis=1) >= least)
    early = float(held[reading.early].mean()) > 0.5
    return Finding(
        "fp16_underflow",
        Severity.CRITICAL,
        int(reading.facts.steps[0]) if early else reading.since(held),
        f"{len(rows)} of {len(reading.rows)} layers have gradients that are exactly zero; the largest "
        f"entry of any weight gradient is {norm(largest)}",
        f"half precision holds nothing below {T.HALF_SMALLEST:g}: what is smaller becomes 0",
        choices.FP16_UNDERFLOW,
        rows,
        reading.names(list(rows)),
    )


def _loss_underflow(reading: Reading) -> Finding | None:
    """A loss that is exactly 0 in half precision, from the first step on, or while the targets vary by less
    than half precision can hold the square of: nothing is solved."""
    losses = reading.losses[np.isfinite(reading.losses)]
    late, mean = losses[len(losses) // 2 :], reading.facts.info.mean_loss
    tiny = 0 < mean < T.HALF_SMALLEST and reading.facts.info.precision == "float16"
    nothing = late <= (1.01 * T.HALF_SMALLEST if tiny else 0.0)
    if len(losses) < T.STILL_STEPS or not nothing.mean() > T.LOSS_UNDERFLOW:
        return None
    if not tiny and not (losses[: T.WINDOW] == 0).mean() > T.LOSS_UNDERFLOW:
        return None
    return Finding(
        "fp16_underflow",
        Severity.CRITICAL,
        int(reading.facts.steps[0]),
        f"the loss is 0 or the smallest number above it at {int(nothing.sum()):,} of the last {len(late):,} "
        "steps"
        + (f", and to answer with the mean of the targets costs {mean:.2g}" if tiny else ""),
        f"half precision holds nothing below {T.HALF_SMALLEST:g}: targets, errors or their squares are "
        "smaller, and the loss becomes 0, and so do gradients",
        choices.LOSS_UNDERFLOW,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def _never_any(reading: Reading) -> BoolArray:
    """[len(rows)] whether all tensors of a row that are trained have a gradient, of exactly 0 at each
    measured step, the bias too, which asks for no input."""
    layout, zero = reading.facts.layout, zero_gradient(reading)
    mine = layout.parameters & np.array([not t.structural_zero for t in layout.tensors], np.bool_)
    out = [bool(zero[mine & (layout.row_of == row)].all()) for row in reading.rows.tolist()]
    return np.array(out, np.bool_)


def _soon_none(reading: Reading) -> BoolArray:
    """[len(rows)] the same, but for a few of the first steps, where at least half of the layers have none
    since, and the loss, still a good part of the first, has long come down no more."""
    facts, none = reading.facts, np.zeros(len(reading.rows), np.bool_)
    layout, norms = facts.layout, facts.grads[..., Grad.NORM]
    known = ~np.isnan(norms).all(axis=1)
    gone = np.array(
        [
            (norms[:, layout.parameters & (layout.row_of == row)] == 0).all(axis=1)
            for row in reading.rows.tolist()
        ]
    )[:, known]
    lost = gone.mean(axis=0) >= T.ZERO_ROWS
    if not len(lost) or lost.mean() < T.SOON_NONE or not lost[-1]:
        return none
    losses = reading.losses[np.isfinite(reading.losses)]
    earlier = losses[len(losses) // 4 : len(losses) // 2]
    stands = len(earlier) > 0 and reading.loss > T.SOON_NONE_LEFT * float(np.median(earlier))
    much = reading.loss > T.SOON_NONE_FAR * reading.start_loss
    return np.asarray(gone.mean(axis=1) >= T.SOON_NONE) if stands and much else none


def small_steps_rounded_away(reading: Reading) -> Finding | None:
    """Half-precision weights that Adam and its kin leave where they are. Such a step moves a weight by
    at most about the learning rate (Kingma and Ba, 2015, arXiv:1412.6980, section 2.1); numbers near w
    lie 2^-p |w| or more apart, and half of that has to be added for a weight to change."""
    kind = reading.facts.info.precision
    if kind not in T.HALF_SPACING or not reading.adaptive or reading.seen < T.ROUNDED_STEPS:
        return None
    moves = reading.learned or reading.progress
    if (moves and not rests_far_up(reading, T.ROUNDED_LEFT)) or reading.warming_up:
        return None
    if np.isfinite(reading.facts.loss_scale).any():
        return None  # under a loss scale the optimizer may have weights in float32 of its own
    facts, at = reading.facts, reading.facts.weights_at[-T.WINDOW :]
    rates = reading.rates[len(reading.rates) // 2 :]
    if not len(at) or not np.isfinite(rates).any():
        return None
    lr, layout = float(np.nanmax(rates)), facts.layout
    numel = layout.numel[layout.judged]
    norms = np.median(facts.weights[at][:, layout.judged, Weight.NORM], axis=0)
    sizes = norms / np.sqrt(numel)
    updates = np.nanmedian(facts.weights[at][:, layout.judged, Weight.UPDATE], axis=0)
    stays = (T.HALF_SPACING[kind] * sizes > lr) | (updates == 0)
    share = float(numel[stays].sum() / numel.sum())
    if not lr > 0 or share < T.ROUNDED_SHARE:
        return None
    typical = float(np.median(sizes[stays]))
    return _rounded_away(
        reading,
        f"a step moves a weight by at most about the learning rate, {norm(lr)}; the next {kind} number "
        f"from a weight of {norm(typical)}, the usual size here, is {norm(_spacing(typical, kind))} away; "
        f"the loss is {norm(reading.loss)}, at first {norm(reading.start_loss)}",
        f"the weights are kept in {kind}: most steps are less than half of the distance to the next "
        "number, and are rounded away",
    )


def _spacing(size: float, kind: str) -> float:
    """From one number to the next, near `size`."""
    return float(2.0 ** np.floor(np.log2(size)) * 4 * T.HALF_SPACING[kind])


def updates_rounded_away(reading: Reading) -> Finding | None:
    """Half-precision weights that plain steps leave where they are: what is added to them is less
    than half of the distance to the next number."""
    parts = _kept_parts(reading)
    if parts is None or np.isfinite(parts).sum() < T.ACTIVATION_WINDOW:
        return None
    kept = float(np.nanmedian(parts))
    long = reading.seen >= T.PLATEAU_STEPS
    if reading.learned:
        # Slower than it need be, and with most of the way to go.
        most = T.ROUNDED_UNLEARNED if long and _far_to_go(reading) else 0.0
    else:
        most = T.ROUNDED_UNLEARNED if long and not reading.falling else T.ROUNDED_AWAY
    if kept > most:
        return None
    return _rounded_away(
        reading,
        f"of each step {percent(kept)} reaches the weights (norm of the update over learning rate "
        f"times gradient norm, in the middle), and the loss is {norm(reading.loss)}, at first "
        f"{norm(reading.start_loss)}",
        "the weights are kept in half precision: what a step adds to them is mostly too little to "
        "reach the next number, and is rounded away",
    )


def _far_to_go(reading: Reading) -> bool:
    if reading.signed or reading.converged:
        return False
    return reading.loss > T.MISWIRED_LEARNED * reading.reference_loss


def updates_in_part_lost(reading: Reading) -> str:
    """A note on a net that learns all the same, where much of what plain steps add to a tensor is less
    than half of the distance to the next number; else ""."""
    parts = _kept_parts(reading) if reading.learned else None
    if parts is None or updates_rounded_away(reading) is not None:
        return ""
    known = np.isfinite(parts).sum(axis=0) >= T.ACTIVATION_WINDOW
    kept = np.nanmedian(parts[:, known], axis=0)
    if not len(kept) or kept.min() > T.ROUNDED_IN_PART:
        return ""
    worst = np.flatnonzero(reading.facts.layout.judged)[known][int(np.argmin(kept))]
    return (
        f"weights are kept in half precision: of a step {percent(float(kept.min()))} reaches "
        f"{reading.facts.layout.tensors[worst].name} (norm of the update over learning rate times gradient "
        "norm), the rest is rounded away; weights in float32 under autocast keep all of it"
    )


def _kept_parts(reading: Reading) -> FloatArray | None:
    """[latest measurements, judged tensors] norm of the update over learning rate times gradient norm; NaN
    where a step adds nothing. None where weights are in full precision, or steps are not plain ones."""
    info, at = reading.facts.info, reading.facts.weights_at[-T.WINDOW :]
    if not set(info.precision.split(", ")) & {"bfloat16", "float16"}:
        return None
    if info.optimizer.lower().split()[:1] != ["sgd"] or reading.seen < T.ROUNDED_STEPS:
        return None
    judged = reading.facts.layout.judged
    updates = reading.facts.weights[at][:, judged, Weight.UPDATE]
    wanted = reading.facts.lr[at, None] * reading.facts.grads[at][:, judged, Grad.NORM]
    known = (wanted > 0) & np.isfinite(updates)
    return np.where(known, updates / np.where(known, wanted, 1.0), np.nan)


def _rounded_away(reading: Reading, evidence: str, cause: str) -> Finding:
    return Finding(
        "plateau",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        evidence,
        cause,
        choices.ROUNDED_AWAY,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def faded_forward(reading: Reading) -> bool:
    """Whether outputs fade layer by layer until they round to zero, rather than being cut by ReLUs:
    then units look dead that are not."""
    faint = T.FADED_HALF if reading.half else T.FADED
    if not len(reading.activations):
        return reading.growth < faint
    rms = np.median(reading.activations[:, :, Act.RMS], axis=0)[reading.rows]
    dead = np.nan_to_num(reading.dead[reading.rows]) >= T.DEAD_SHARE
    before = rms[: int(np.argmax(dead))]
    alive = before[before > 0]
    return bool(dead.any() and len(alive) and alive[-1] < faint)
