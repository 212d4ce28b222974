"""What can be put together wrongly in a program, by the names under which a run says so."""

NEVER_ZEROED = "never_zeroed"
SOFTMAX_TWICE = "softmax_twice"
BROADCAST_TARGET = "broadcast_target"
RELU_LOGITS = "relu_logits"
SAME_UNITS = "same_units"
NOT_STEPPED = "not_stepped"
NO_GRADIENTS = "no_gradients"
SAME_ANSWERS = "same_answers"
SCRAMBLED_SCORES = "scrambled_scores"
CLIPPED_SCALED = "clipped_scaled"
UNDIVIDED = "undivided"
LOST_BATCH = "lost_batch"
ORDERED_LABELS = "ordered_labels"
ENTROPY_ADDED = "entropy_added"
FEW_FOR_BATCH_NORM = "few_for_batch_norm"
UNUSED_LATENT = "unused_latent"
COLLAPSED_OUTPUT = "collapsed_output"
WEIGHTS_LOADED = "weights_loaded"

Fault = tuple[str, str]
"""One of these names, and in words what was seen and where."""
Faults = tuple[Fault, ...]
