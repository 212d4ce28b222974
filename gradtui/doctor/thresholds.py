"""Every number that a verdict hangs on, in one place, with where it comes from."""

WINDOW = 20
"""Steps that "now" means; a median over them ignores one odd batch."""

SHARED_LOSS = 0.2
"""Share of the changes from one optimizer to the other over which the loss is the same number.
Two optimizers of one loss give a half; of two losses, none."""

# The healthy band of the field; a norm outside it is a reason to look, not a verdict.
BAND_LOW = 1e-6
BAND_HIGH = 1e3
HALF_SMALLEST = 5.96e-8
"""Smallest subnormal float16, 2^-24."""
HALF_LARGEST = 65504.0

# Progress. Chance level of cross-entropy over C classes is ln C.
LEARNED_LOSS = 0.9
"""A loss below this share of where it started (classification: of ln C) is progress."""
TURNS = 10
"""Losses from which on it is seen that two of them take turns: as soon as anything is said."""
TURNS_APART = 3.0
"""Times that one of two losses in turns is above the other from the start."""
LEARNED_LOSS_LITTLE = 0.97
"""Below that share of its first value it has come down at least."""
LEARNED_ACCURACY = 0.10
"""Accuracy that far above 1/C is progress."""
OVERCONFIDENT = 2.0
"""A loss above that many times guessing is not progress, whatever the accuracy."""
CONVERGED_LOSS = 0.02
CONVERGED_SLACK = 20.0
"""Times that: once said it stands, and a late spike of a few steps does not undo what was learned."""
CONVERGED_MOST = 0.9
CONVERGED_ODD = 5.0
"""Times that which so many of the batches must be below: others are still work to do."""
CONVERGED_BLOCKS = 3
"""Windows in a row that must agree: one quiet stretch between two spikes is not the end."""
CONVERGED_NORM = 0.2
"""Of the gradient norm at the start: a solved task leaves little to correct."""
SIGNED_DROP = 2.0
"""A loss that goes below zero has no floor to be measured against; then progress is a drop by so
many times its own noise."""

START_NOISE = 1.1
"""Two standard errors of a median of five, in standard deviations of one loss."""

# Guessing, where the task is not told. Cross-entropy over C answers starts near ln C, and its
# gradient with respect to the output is softmax minus one-hot: the output bias gets at most
# sqrt(2), however large everything else is. A regression has neither bound.
GUESS_START = (0.85, 1.8)
"""Of ln C: sane first weights add at most half their variance (first cross-entropy: ln C + s2/2)."""
GUESS_LEVEL = 0.03
GUESS_QUIET = 0.05
"""Constant answers make nearly the same loss of any batch; noise in a regression does not."""
ENTROPY_BIAS = 1.5
ENTROPY_RATIO = 100.0
"""Total norm over that of the output bias beyond which it is activations that are huge."""

# The first weights. A layer of gain g = sqrt(fan_in) * rms(w) multiplies a ReLU net's signal by
# g / sqrt(2), tanh's by g.
GAIN_GROWTH = 1e3
"""Product over the layers from which on the first weights are to blame."""
OVERWHELMED = 0.3
"""Update over weight norm from which on the norm after a step says nothing of that before it."""
GAIN_SATURATING = 4.0
"""Inputs of a bounded unit that many standard deviations wide lie on its flat ends: |tanh'| < 0.1
for more than 60 % of a normal variable of that width."""
GAIN_GROWING = 1.1
"""Recurrent gain from which on a signal grows beyond measure: 1.1 to the 72nd is a thousand."""
GROWN_RATIO = 1e5
"""Total norm over that of the output's bias: inputs in the thousands alone do not make that."""
LOOPED = 8
"""Times that a layer is applied to its own result, from which on it is a recurrent cell."""
GAIN_FADING = 0.9
"""Recurrent gain under which a signal halves in about seven time steps, activation slope aside."""

FALLING_Z = 4.0
"""How many standard errors a later half of the window must lie below the earlier one."""
BELOW_CHANCE = 0.98
BELOW = 0.004
"""Of guessing, beyond what chance makes of the mean loss: less is not below it."""
SLOW_FALL = 0.01
"""Of the loss, between the second sixth of a run and the last: less is standing still."""

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
WAKING_GROWTH, WAKING_FIT = 2.0, 0.8
"""By how much the norms of faint layers have grown beside the loudest one's, and how much of that is a
straight line of their logarithms, where they grow by themselves. A sound ReZero net: 36 times in ten steps,
0.93. Of 18 kinds of sigmoid and tanh nets whose gradients vanish, 8 to 30 layers, three seeds each, looked at
every five steps: one, in 2 % of the looks."""
HOPELESS_NORM = 1e-7
HOPELESS_RATIO = 1e-5
INSENSITIVE = 1e-3
"""Below both, float32 weights never change: what is learned is learned without these layers."""
ERROR_ALIVE = 1e-4
"""Gradient norm of the output's bias above which the answers are wrong and the output knows it: a
solved task has no error, a net whose signal fades has all of it."""
SLOPE = 0.1
"""d ln loss / d ln weights from which on the weights matter to the loss, whatever its unit."""
SLOPE_STEEP = 30.0
DEEP_STACK = 10
"""Layers from which on a plain stack of ReLUs learns slowly even with He's weights: whatever goes in,
much the same comes out (Pennington, Schoenholz and Ganguli, 2017)."""
FAINT_BESIDE = 1e-4
"""Of the loudest gradient: layers with less, which no step moves, take no part in what the others learn."""
LEFT_TO_LEARN = 0.25
"""Of guessing (or of the start): above that there may be something for them."""
SCATTERED = 1 / 3
"""Share of layers that must be faint where they are not the first ones (or last registered)."""
RECURRENT_STEPS = 200
"""Steps at guessing level after which a recurrent net of low gain counts as cut off from its past."""
GAME_STEPS = 60
STARVED = 0.01
"""Of its first gradient norms: what is left to a side of a game that has lost."""
LOSSES_GONE = 0.1
"""Share of steps without a finite loss up to which the others say that it is usually known."""
LOST_LOSSES = 3
"""Losses in a row that are NaN after finite ones: then NaN is a number, and not one never told."""
TIME_RATIO = 1e-5
TIME_RATIO_HOPELESS = 1e-10
TIME_PATIENCE = 60

# Exploding.
GROWTH = 30.0
"""Factor over the first steps' norm that counts as growth without bound when NaN follows."""
LOSS_GROWTH = 10.0
DIVERGED = 1e5
"""A loss that stays that many times above its first value has diverged, whatever the gradients."""
NOUGHT = 1e-6
"""A first loss below that is none: how many times larger a later one is says nothing."""
SUSTAINED_STEPS = 10
MOVED = 0.03
"""Update over weight norm in one step. Training takes about 1e-3; a loss that rises without such
steps rises because the data or the targets changed."""
STARTING = 2
"""Steps after which what is undefined was so from the start, whatever the learning rate."""
FAR_ABOVE = 5.0
"""Of the loss of guessing: answers that wrong are given by huge weights, and not by bad luck."""
FAR_HALF = 50
"""Steps in which a loss far above guessing halves, where it is on its way down for good."""
UNDEFINED = 5
"""Steps before a NaN in which growth must show: an undefined operation comes out of the blue."""
BACK_DOWN = 200
"""Steps that a loss which was thrown back has to come down again."""
WAS_DOWN = 0.5
"""Of the loss at first: what a run must have reached for some time to be thrown back from."""
LR_RAISED = 3.0
LR_JUMPED = 5.0
"""From one step to the next."""
SPIKE_NORM = 8.0
SPIKE_LOSS = 3.0
SPIKE_FLOOR = 10.0
"""A total norm below that is no explosion, however many times the first ones it is."""
COLLAPSE = 1e-4
"""Norm now over the largest one, from which on the net counts as ruined by that step."""
TIME_GROWTH = 1e3
FORWARD_GROWTH = 1e3

# Dead and saturated units; 0.9 of a layer silent for a whole batch leaves too little to carry a signal.
DEAD_SHARE, DEAD_LEFT = 0.9, 0.5
MOSTLY_DEAD = 0.75
"""Of the units of most layers: they are what an explosion has left."""
SATURATED_SHARE = 0.7
STEEP_NORM, STEEP_TIMES = 1e6, 3e5
"""Total gradient norm, and what it is over the root of the loss. Dollars as targets, to be learned from
inputs of deviation 1, come to 1e4."""
FORGETS_AT = 0.98
"""Quantile of the late losses: of data in order a class that comes anew costs more than guessing does."""
STALE_LOOKS, STALE_SUMS = 20, 5
"""Measured steps in a row with the very same norms while losses differ, and sums of elements among them."""
RIGHT_BY_SHARES = -0.8
"""Mean loss that is the negative probability of the right class, from which on most answers are right."""
MOVES_NO_WEIGHT = 1e-6
"""Change of a layer in a step, as a share of it, below which float32 weights stay as they are, or nearly."""
ORPHANED_STEPS = 100
"""Steps of an optimizer without a gradient at any of them, while others in turn with it have some."""
ORDINARY_GAIN = 2.0
"""Norm of a weight over the root of its outputs: what it makes of inputs of deviation 1."""
AT_REST_STEPS, AT_REST = 500, 0.9
"""Steps, and the part of the loss of the middle third of a run that is left in its last."""
PINNED_SHARE, PINNED_LEFT, PINNED_SCORES_LEFT = 0.9, 0.1, 0.8
"""Of the first loss, and of that of the second third of a run: a loss above both has come to rest with much
left to learn."""
SATURATED_ROWS = 1 / 3
ACTIVATION_WINDOW = 3
"""Measurements of activations that must agree."""

FADED = 1e-18
FADED_HALF = 1e-3
"""Root mean square of a layer's output below which the next one's zeros are rounding (squares of
float32 numbers vanish below 1e-19, float16 rounds to zero below 6e-8), not ReLUs at work."""

LOSS_UNDERFLOW = 0.8
ZERO_ROWS = 0.5
"""Share of layers whose half-precision gradient is exactly zero: underflow."""
ZERO_FRACTION = 0.9
SILENT = 0.9999
"""Share of exact zeros in a weight gradient that means that no input passed."""
QUIET_START = 0.5
"""Share of a layer's weights that must get a gradient at first for it to have been sound then."""
PASSED_ON = 0.6
"""Share of zeros in the next layer's weight gradient under which its inputs are not zero: pinned
units answer with a constant, dead ones with nothing."""
HALF_MANTISSA = 13
"""Low bits of a float32 that are zero when the number was a float16 (10 bits of mantissa of 23)."""
HALF_SHARE = 0.95
HALF_SAMPLES = 20
COUNTED = 10
"""Steps from one with largest values and zeros to the next, where time is short."""

# Clipping. Above about half of the steps the threshold, not the gradient, sets the step length.
CLIPPED = 0.999
CLIPPED_SHARE = 0.5
LONGER_THAN_STEPS = 5.0
"""Times what learning rate and gradient give: the rest is not the gradient's."""
CLIPPED_HARD = 0.5
"""Median factor of the clipped steps: they are shortened to less than half."""
CLIPPED_ALWAYS, CLIPPED_LIKE = 0.98, (1.5e-3, 1e-2)
"""Share of steps that are clipped, from which on gradients are of one length, as somebody may want them; and
update over weight norm between which such steps are as long as any. Of 11 programs that are clipped too much
it is 1e-5 to 8e-4, of three whose learning rate is too large for anything else 1.3e-2 to 6e-2, and of two
that are meant to be 2e-3 and 8e-3."""
CLIPPED_SOUND, CLIPPED_SHORT, CLIPPED_SAFE = 0.15, 1.5, 0.3
"""Loss over guessing, or the start, below which a run that is clipped has learned as it should; gradients so
short need no clipping; and how much of a layer the longest step would have changed without it, below which it
rescues nothing."""
CLIPPED_HARD_ADAPTIVE = 0.02
"""Adam and its kin divide by the gradient's own size: only extreme clipping matters to them."""
CLIPPING_STEPS = 50
CLIPPED_WHOLE = 0.5
"""Gradient norm over limit times sqrt(n), from which on most of n elements are at the limit."""
CRAWLING = 1e-4
"""Update over weight norm that a clipped step must exceed now and then for its length to be the
learning rate's doing. Training takes about 1e-3."""

SUMMED = 1.1
"""Times the steepest slope that a mean of squares can have."""
BADLY_SCALED_STEPS = 60
BADLY_SCALED_FALL = 0.1
"""A loss below that share of its start shows that the odd units do no harm."""
MOSTLY_OFFSET = 10.0
"""First loss over what the mean of the targets costs, from which on most of each is the same for all."""
BADLY_SCALED_GROWTH = 10.0
BADLY_SCALED_HALF = 200
"""Steps that the loss needs to halve at its present pace, beyond which it gets nowhere."""
SPIKE_Z = 8.0
SPIKE_TIMES = 5.0
"""A step is noted as a spike where the log of its norm is that many robust standard deviations, and
its norm that many times, above the 20 steps before (ZClip's test, with a median for its mean)."""
SPIKES_ALIKE = 3
"""Equal distances between spikes that are no chance."""

OSCILLATION = 0.35
"""Median |change of log loss| from step to step, without progress."""
OSCILLATION_TO_AND_FRO = 0.2
"""The same of a loss that is worse than at first and goes up and down at every other step."""
OSCILLATION_STEPS = 60
OSCILLATION_FLOOR = 1e-3
"""Of the loss now: a batch that costs nothing at all is taken for that much."""
OSCILLATION_MOVED = 0.01
OSCILLATION_BOUNCE = -0.75
"""Correlation of successive changes: a bounce between two sides gives -1, independent noise -0.5."""
IN_TURNS, SIDES_ALIKE, IN_TURNS_WORSE = -0.95, 0.15, 2.0
"""Such a correlation where the losses of each side differ by no more than that part of what is between the
two: they are of two things; times the first loss, from which on they are two sides of a valley."""
OVERSIZED_STEPS, OVERSIZED_PARTS = 200, 10
OVERSIZED, OVERSIZED_FAR = 0.015, 0.2
"""Of a layer, in a step, hundreds of steps on: 0.001 is usual."""
OVERSIZED_WORSE, OVERSIZED_LEFT, OVERSIZED_JUMPS = 1.3, 0.5, 2.0
OSCILLATION_WORSE = 1.5
OSCILLATION_RISE = 5.0
"""From before to now: that is another level, and no jumping about one."""

ROUNDED_AWAY = 0.3
"""Update norm over lr times gradient norm, for SGD: of a bfloat16 weight, which keeps three decimal
digits, a step below 0.2 % of it changes nothing."""
ROUNDED_UNLEARNED = 0.5
"""The same where the loss comes down no more: more than half of each step is lost."""
ROUNDED_IN_PART = 0.6
"""The same of one tensor, for a note: the least that three fifths of a step leave of it is said."""
ROUNDED_STEPS = 100
HALF_SPACING = {"bfloat16": 2.0**-9, "float16": 2.0**-12}
"""Half of the distance to the next number, at least, as a share of a number: significands have 8 and
11 bits."""
ROUNDED_SHARE = 0.5
"""Of all weights, those in tensors whose typical weight no step moves."""
PLATEAU_STEPS = 200
PLATEAU_NOISE = 0.025
"""Of guessing: where the mean loss is known no better than that, standing still cannot be told."""
TOO_SMALL_RATIO = 1e-6
"""Update ratio under which the learning rate is too small to see anything change."""
TOO_SMALL_STEPS = 30
TOO_SMALL_TOGETHER = 0.02
"""The largest update ratio times the number of steps: all steps together, were they to pull one way,
change less than that part of any layer."""
UNMOVED = 1e-3
"""As above: a thousandth of each layer in all cannot have brought the loss down by a tenth."""
FEW_LAYERS = 3
"""Below that it says little that some of them stay behind."""
REACHED = 0.01
"""Of the loudest gradient: what a layer gets whose gradient has not faded on its way."""
STOPPED_STEPS = 100
STOPPED_EARLY = 0.34
"""Of the run: a schedule that is over by then has left the rest without any learning rate."""
WITHERED = 0.01
"""Of the largest norm that a matrix has had: two such layers pass a ten-thousandth of a signal."""
UNBOUNDED = 300.0
"""Times its first value (or 1), below zero."""
UNBOUNDED_STEPS = 100
UNBOUNDED_PARTS = 6
"""Stretches of the run in which the loss falls each time, most in the last."""
UNBOUNDED_GRADIENT = 100.0
UNBOUNDED_WEIGHTS = 2.0
RUNAWAY_GRADIENT = 30.0
CLIMBING_STEPS = 60
CLIMBING_PARTS = 4
CLIMBING_FEW = 5
CLIMBED_LITTLE = 1.2
CLIMBS_ON = 0.1
CLIMBED_FAR, CLIMBED_STEEPER = 3.0, 1.5
UPHILL = 0.5
"""Rise of the loss over what steps can do to it to first order: against the slope it is 1 and more, across
a valley that is too narrow for the step a good deal less."""
OVERSHOT = 0.05
SETTLED = 0.1
"""Of the first gradient norms: what is left where something has been lowered as far as it goes."""
BEYOND_SLOPE = 3.0
"""The same, from which on the task has changed, and no step did it."""
UNRESPONSIVE = 0.01
"""Of the first slope of the loss, and of what it goes up and down by from batch to batch."""
UNRESPONSIVE_NOISE = 0.01
"""Of the loss: batches that differ less may be the same one."""
NO_MORE_THAN_MEAN = 0.9
"""Loss over what the mean of the targets costs. The first batch tells that to some ten percent."""
AT_THE_MEAN = (NO_MORE_THAN_MEAN, 1.3)
"""Of what it costs: from there to there a loss is that of the mean, first batches being what they are."""
NOTHING_LATE = 0.9
"""Share of late steps without any gradient from which on there is nothing left to go by."""
NOTHING_FIRST = 0.5
"""Of the first ones, below which there was something."""
AT_THE_MEAN_STEPS = 800
NO_MORE_THAN_LABELS = 0.97
"""Loss over what answering with the frequencies of the labels costs, from which on no more is known to be
learned."""
THE_VERY_MEAN, MEAN_AND_NONE = (0.985, 1.1), 0.97
"""Of what the mean of the targets costs, as the first thousands of them tell: within that of it, after so
many steps, nothing else has been learned; and the lower end where batches have nothing in common."""
LEVEL_KNOWN = 0.01
"""Standard error of a mean loss, of itself, up to which it is known well enough for that."""
NOT_LEARNING_STEPS = 300
"""Steps after which a loss no better than guessing has had its time, gradients and steps being sound."""
NO_BETTER_STEPS = 100
"""Steps after which it is no longer called healthy."""
UNSTEPPED_PASSES = 30
"""Backward passes after which an optimizer that has not stepped is not accumulating."""
SET_BACKS = 2
"""A run is taken back to an earlier checkpoint once; twice to the very start is no rescue."""
FOLD_LEARNED = 0.25
"""Of the loss at first: what begins anew after it has learned that much is another fold or task."""
BEYOND_STEP = 5.0
"""Times what a step can do to the loss, to first order, from which on it was no step that did it."""
REACHES_GUESS = 0.05
"""Of the loss of guessing: what all steps together could bring it down by, were each to do all that its
length and the slope allow. Training takes as much in a few steps."""
REACHES_MEAN = 0.25
FLAT_SLOPE = 0.02
"""Gradient norm of a cross-entropy at guessing, over the whole net, that its own slope does not give:
sane scores make 0.1 to 1."""
USUAL_LR = 1e-3
ORDINARY_LR = 1e-2
"""Of plain steps."""
"""Learning rates from there on are not too small by themselves."""
REACHES_NOTHING = 0.02
STILL_LOSS_STEPS = 500
SAME_LOSS = 1e-3
UNCHANGED = 0.98
"""Of the first loss."""
SLOW_WARM_UP_STEPS, WARM_UP_RISES = 500, 8
"""Steps, and rises of the learning rate in them, after which a warm-up has taken too long."""
HELD_AT_LEAST, HELD_ALIKE, HELD_MOSTLY = 8, 0.1, 0.8
"""Steps between two rises; by what part these may differ, and how many of them may not."""
FAR_FROM_MEANT, LITTLE_LEARNED = 0.1, 0.8
"""Of the learning rate that a warm-up rises to, and of what guessing costs: where it is that low after so
many steps, a loss that high is its doing."""
STILL_RISING = 1.05
"""Learning rate now over that after a third of the run: a warm-up that is not over."""
STEEPER = 1.4
"""Times the first gradient norms: a net on its way off a flat place."""
STEEPER_BY_HEART = 2.0
"""Random labels that are learned by heart make gradients grow as well, if slowly."""
STEEPER_STEPS = 600
"""Steps that it is given for that."""
STEADY = (0.4, 2.0)
"""Drop of the mean loss from the second third of the run to the last, over that from the first to the
second."""
MANY_CLASSES = 3
LEARNED_BY_HEART = 0.06
"""Of guessing: what a net gains of random labels in the time that real ones are learned in."""
AGREEMENT_FROM, AGREEMENT_LOOKS = 30, 5
"""Steps before it: the first moments of Adam are far from any mean; and steps that are asked for."""
AGREEMENT_LEAST = 0.6
"""Of steps that are as long as those of gradients with nothing in common."""
NO_AGREEMENT_EARLY, NO_AGREEMENT = 1.5, 1.5
"""Up to which gradients of different batches have nothing in common; 4.4 where all are alike and the memory
is 0.9. Random labels that are learned by heart come to 1.25 in 14 epochs."""
AGREED_ONCE = 2.5
"""From which on they have: more than noise gives in any few steps."""
AGREED_BY_STEPS = 300
"""Steps after which no agreement is told: a net on a flat place may get off it."""
NOTHING_BY_HEART = 0.02
"""The same of what is told: of a weak signal, small batches have as little in common."""
WENT_FAR = 0.5
"""Largest update ratio times the number of steps: they could have changed half of any layer."""
LR_HIGH = 0.1
"""Of its largest value: enough to see whether anything is left to learn."""
LR_FALLEN = 0.01
"""Of its largest value: a learning rate that a schedule has as good as switched off."""

AT_REST_BEFORE = 50
"""Steps, and as many before, in which a loss has not come down: it had come to rest."""
STILL_THE_SAME, CAME_DOWN = 0.97, 0.7
"""Loss of the second half over that of the first, from which on it has not come down; and loss over that
before, below which it certainly has."""
MISWIRED_STEPS = 30
"""Steps after which wrong wiring is judged by what the loss has become."""
LOST_AGAIN = 3.0
"""Times the lowest loss of any tenth of the run, from which on it has been lost again."""
LOST_AGAIN_PARTS = 10
LOST_AGAIN_AT_LEAST = 0.25
"""Of guessing (or of the start)."""
LONG_MEMORY = 0.995
"""Momentum, or the first beta: a gradient then counts for 200 steps and more, and swings die as slowly."""
LONGER_MEMORY = 0.985
"""From there on it is a hundred steps, which many use: then the loss has to be FAR_UP times its best."""
FAR_UP = 2.0
SWING_PARTS = 6
SWUNG = 0.1
"""Of the mean loss of the best of so many parts of a run: what it has risen by since, or has come down by."""
HEAVY_DECAY = 0.5
"""Weight decay: of AdamW 0.1 is much."""
ALIKE = 4
"""Matrices that are made alike, from which on the usual one of them is known."""
ODD_WEIGHTS = 30.0
"""Times the usual size of its like: initialisations that are scaled by depth differ by some ten."""
MISWIRED_LEARNED = 0.5
"""Of guessing (or of the start): a loss below that was learned in spite of it."""
SCRAMBLED_LEARNED = 0.1
"""The same of scores that are mixed up: in a fixed way, so that some of it can be learned by heart."""

THROWN_ABOUT = 0.3
"""Of the median of the last losses, what lies between a tenth and nine tenths of them where it jumps."""
SOON_NONE, SOON_NONE_LEFT, SOON_NONE_FAR = 0.8, 0.8, 1e-3
"""Share of the steps at which half precision has left layers nothing; the loss now, of what it was in the
second quarter, and of the first: below these something is learned all the same, or is all there was."""
OFTEN_SILENT = 0.2
"""Share of the steps at which every gradient is exactly 0, as behind a last ReLU that is dead for a batch."""
FLAT_STILL = 0.8
"""Of guessing: where scores cannot be apart no loss is below that."""
COPIED = 0.05
"""Of guessing: a loss below that, where the answer stands in the input, was come to by copying it."""

CUT_OFF_STEPS = 200
CUT_OFF_LEARNED = 0.6
"""Of guessing (or of the start): above that, after so many steps, layers without a gradient are missed."""

ROUTED_LEFT = 0.3
"""Of what the mean of the targets costs: above that a router that cannot learn is missed."""
CONSTANT_STEPS, CONSTANT = 100, 1e-5
STEEP_SLOPE = 1.0
"""Of the loss: what it changes by, to first order, if all weights change by as much as they are."""
CONSTANT_EFFECT = 1e-3
"""Of the loss: what a step along its gradient should change, at the least, to be missed."""
ROUNDED_LEFT = 0.3
"""Of guessing (or of the start), of a loss that has come to rest while steps are rounded away."""
OUTGROWN_STEPS, OUTGROWN_SHARE = 50, 0.05
"""Measured steps since gradients were first not finite, and the part of them at which they may be again."""
SCALER_STEPS = 30
SCALER_SKIPPED = 0.5
SCALER_FLOOR = 1.0
"""A loss scale that has fallen below 1 protects nothing any more."""
