"""Every number that a verdict hangs on, in one place, with where it comes from."""

WINDOW = 20
"""Steps that "now" means; a median over them ignores one odd batch."""

# The healthy band of the field; a norm outside it is a reason to look, not a verdict.
BAND_LOW = 1e-6
BAND_HIGH = 1e3
HALF_SMALLEST = 5.96e-8
"""Smallest subnormal float16, 2^-24."""
HALF_LARGEST = 65504.0

# Progress. Chance level of cross-entropy over C classes is ln C.
LEARNED_LOSS = 0.9
"""A loss below this share of where it started (classification: of ln C) is progress."""
LEARNED_ACCURACY = 0.10
"""Accuracy that far above 1/C is progress."""
OVERCONFIDENT = 2.0
"""A loss above that many times guessing is not progress, whatever the accuracy."""
CONVERGED_LOSS = 0.02
CONVERGED_SLACK = 4.0
FALLING_Z = 4.0
"""How many standard errors a later half of the window must lie below the earlier one."""
BELOW_CHANCE = 0.98

# Vanishing. The ratio rule (first/last < 1e-3 and first < 1e-4) finds depth-wise vanishing on
# published runs; alone it also hits healthy nets, so it waits for progress to be missing.
VANISHING_RATIO = 1e-3
VANISHING_NORM = 1e-4
STILL_RATIO = 1e-7
"""Update ratio below which float32 weights hardly change at all (its resolution is 6e-8)."""
STILL_STEPS = 10
"""Steps after which weights that do not move are believed not to move."""
PATIENCE = 150
"""Steps without progress before a layer that does move, but little, counts as vanished."""
TIME_RATIO = 1e-5
TIME_RATIO_HOPELESS = 1e-10
TIME_PATIENCE = 60

# Exploding.
GROWTH = 30.0
"""Factor over the first steps' norm that counts as growth without bound when NaN follows."""
LOSS_GROWTH = 10.0
DIVERGED = 1e5
"""A loss that stays that many times above its first value has diverged, whatever the gradients."""
SUSTAINED_STEPS = 10
SPIKE_NORM = 8.0
SPIKE_LOSS = 3.0
SPIKE_FLOOR = 10.0
"""A total norm below that is no explosion, however many times the first ones it is."""
COLLAPSE = 1e-4
"""Norm now over the largest one, from which on the net counts as ruined by that step."""
TIME_GROWTH = 1e3
FORWARD_GROWTH = 1e3

# Dead and saturated units; 0.9 of a layer silent for a whole batch leaves too little to carry a signal.
DEAD_SHARE = 0.9
SATURATED_SHARE = 0.7
SATURATED_ROWS = 1 / 3
ACTIVATION_WINDOW = 3
"""Measurements of activations that must agree."""

FADED = 1e-18
FADED_HALF = 1e-3
"""Root mean square of a layer's output below which the next one's zeros are rounding (squares of
float32 numbers vanish below 1e-19, float16 rounds to zero below 6e-8), not ReLUs at work."""

ZERO_ROWS = 0.5
"""Share of layers whose half-precision gradient is exactly zero: underflow."""
ZERO_FRACTION = 0.9

# Clipping. Above about half of the steps the threshold, not the gradient, sets the step length.
CLIPPED = 0.999
CLIPPED_SHARE = 0.5
CLIPPED_HARD = 0.5
"""Median factor of the clipped steps: they are shortened to less than half."""
CLIPPED_HARD_ADAPTIVE = 0.02
"""Adam and its kin divide by the gradient's own size: only extreme clipping matters to them."""
CLIPPING_STEPS = 50

BADLY_SCALED_STEPS = 30
BADLY_SCALED_FALL = 0.1
"""A loss below that share of its start shows that the odd units do no harm."""

OSCILLATION = 0.35
"""Median |change of log loss| from step to step, without progress."""
OSCILLATION_STEPS = 60

PLATEAU_STEPS = 200
TOO_SMALL_RATIO = 1e-6
"""Update ratio under which the learning rate is too small to see anything change."""
TOO_SMALL_STEPS = 30

SCALER_STEPS = 30
SCALER_SKIPPED = 0.5
SCALER_FLOOR = 1.0
"""A loss scale that has fallen below 1 protects nothing any more."""
