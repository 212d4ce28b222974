"""All rules, in their order, and which finding explains which."""

from collections.abc import Callable

from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.rules.batches_apart import nothing_in_common
from gradtui.doctor.rules.climbing import climbing
from gradtui.doctor.rules.clipping import clipping_dominates
from gradtui.doctor.rules.collapsed import collapsed
from gradtui.doctor.rules.constant_loss import constant_loss
from gradtui.doctor.rules.exploding import exploding, far_too_steep
from gradtui.doctor.rules.heavy_dropout import dropped_away
from gradtui.doctor.rules.logged import (
    badly_scaled_norms,
    oscillating_step_by_step,
    vanishing_in_total,
)
from gradtui.doctor.rules.long_memory import betas_swapped, long_memory
from gradtui.doctor.rules.loss_regression import thrown_back
from gradtui.doctor.rules.miswired import (
    gradients_gone,
    miswired,
    no_gradients,
    stale_gradients,
)
from gradtui.doctor.rules.no_more_than_mean import no_more_than_mean
from gradtui.doctor.rules.nonfinite import scaler_stuck
from gradtui.doctor.rules.not_learning import (
    never_stepped,
    no_backward,
    steps_reach_nothing,
    weights_set_back,
    weights_written,
)
from gradtui.doctor.rules.oversized_steps import oversized_steps
from gradtui.doctor.rules.parts_cut_off import cut_off, never_reached
from gradtui.doctor.rules.replica_drift import replica_drift
from gradtui.doctor.rules.rounding import (
    fp16_underflow,
    small_steps_rounded_away,
    updates_rounded_away,
)
from gradtui.doctor.rules.routers import router_cut_off
from gradtui.doctor.rules.ruined_by_a_step import exploded_and_died
from gradtui.doctor.rules.small_updates import (
    layers_left_behind,
    schedule_ended,
    slow_warm_up,
    too_small_steps,
)
from gradtui.doctor.rules.step_size import (
    badly_scaled,
    oscillating_loss,
    output_cannot_change,
    plateau,
)
from gradtui.doctor.rules.time_steps import fading_memory, vanishing_through_time
from gradtui.doctor.rules.unbounded import runaway_critic, unbounded
from gradtui.doctor.rules.units import (
    dead_by_zeros,
    dead_relu,
    saturated,
    saturated_by_zeros,
)
from gradtui.doctor.rules.unopposed_rise import unopposed_rise
from gradtui.doctor.rules.unresponsive import unresponsive
from gradtui.doctor.rules.vanishing import (
    faint_beside_others,
    starved,
    vanishing_everywhere,
    vanishing_with_depth,
)
from gradtui.doctor.rules.weight_decay_collapse import withered
from gradtui.doctor.rules.worse_than_guessing import worse_than_guessing

Rule = Callable[[Reading], Finding | None]

RULES: tuple[Rule, ...] = (
    scaler_stuck,
    output_cannot_change,
    no_gradients,
    gradients_gone,
    stale_gradients,
    miswired,
    collapsed,
    router_cut_off,
    cut_off,
    replica_drift,
    exploded_and_died,
    saturated,
    climbing,
    exploding,
    far_too_steep,
    unbounded,
    runaway_critic,
    thrown_back,
    fp16_underflow,
    dead_relu,
    dead_by_zeros,
    saturated_by_zeros,
    withered,
    unresponsive,
    vanishing_through_time,
    vanishing_with_depth,
    vanishing_everywhere,
    faint_beside_others,
    starved,
    fading_memory,
    clipping_dominates,
    badly_scaled,
    oscillating_loss,
    betas_swapped,
    oversized_steps,
    long_memory,
    worse_than_guessing,
    updates_rounded_away,
    small_steps_rounded_away,
    slow_warm_up,
    too_small_steps,
    layers_left_behind,
    schedule_ended,
    never_stepped,
    no_backward,
    weights_set_back,
    weights_written,
    dropped_away,
    steps_reach_nothing,
    plateau,
    no_more_than_mean,
    nothing_in_common,
    unopposed_rise,
    constant_loss,
    never_reached,
)
"""In the order in which one finding goes before another of the same severity."""

BY_THE_START: frozenset[Rule] = frozenset(
    (
        miswired,
        cut_off,
        thrown_back,
        unresponsive,
        badly_scaled,
        schedule_ended,
        steps_reach_nothing,
    )
)
"""Those that ask whether the loss has come down since the first step. Where that was not seen, and the task
does not tell what guessing costs, they are not asked. Others leave it to `Reading.progress`."""

LOG_RULES: tuple[Rule, ...] = (
    output_cannot_change,
    exploding,
    thrown_back,
    vanishing_with_depth,
    vanishing_in_total,
    badly_scaled_norms,
    oscillating_step_by_step,
)
"""Those that the log of another tool can tell: by loss, learning rate and gradient norms alone. All others
ask for weights, activations, zeros or the program itself."""

EXPLAINED_BY: dict[str, tuple[str, ...]] = {
    "vanishing_gradient": (
        "dead_relu",
        "fp16_underflow",
        "saturated",
        "output_cannot_change",
        "exploding_gradient",
    ),
    "exploding_gradient": ("saturated",),
    "saturated": ("badly_scaled",),
    "dead_relu": ("fp16_underflow", "output_cannot_change"),
    "oscillating_loss": ("exploding_gradient",),
    "badly_scaled": ("exploding_gradient",),
}
"""Symptom -> findings that cause it: where one began no later, the symptom is not told again; where
it began later, it is the consequence and comes second. A plateau is a consequence of anything, and
`not_learning` is what is left where nothing else is found."""
