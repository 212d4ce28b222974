"""Which lines belong to which remedy. A test holds that no remedy is forgotten."""

from collections.abc import Callable

from gradtui.doctor.remedies.code import (
    activations,
    adversarial_nets,
    bounds,
    checks,
    learning_rate,
    limits,
    losses,
    operations,
    precision,
    recurrent,
    recurrent_stacks,
    scale,
    shorter_steps,
    structure,
    weights,
    wiring,
)
from gradtui.doctor.remedies.code.prescription import CodeLines
from gradtui.doctor.remedies.code.program_seen import ProgramSeen

Builder = Callable[[ProgramSeen], CodeLines | None]

BUILDERS: dict[str, Builder] = {
    "use an activation whose slope is near 1 (ReLU with He, tanh with Xavier initialisation)": (
        activations.steep_activation
    ),
    "add skip connections or BatchNorm between the layers": structure.normalise,
    "make the net shallower": structure.shallower,
    "initialise for the activation: Xavier for tanh, He for ReLU": weights.fit_init,
    "normalise the layers (BatchNorm, LayerNorm)": structure.normalise,
    "use an LSTM with a forget-gate bias of 1 to 3, or a GRU": recurrent.gates,
    "initialise the recurrent weights orthogonally": recurrent.orthogonal,
    "bring the input that matters closer to the loss (shorter sequences, attention)": (
        recurrent.shorter
    ),
    "initialise for the activation: He for ReLU, Xavier for tanh": weights.fit_init,
    "normalise the layers (BatchNorm, LayerNorm) or scale down residual branches": (
        structure.normalise
    ),
    "clip the gradient norm: it keeps numbers finite, and alone seldom makes such a net learn": (
        limits.clip
    ),
    "warm the learning rate up over the first hundreds of steps": learning_rate.warm_up,
    "clip the gradient norm at about its usual size": limits.clip,
    "clip the gradient norm": limits.clip,
    "initialise the recurrent weights orthogonally (spectral radius 1), and clip the gradient norm": (
        limits.orthogonal_and_clip
    ),
    "cut back-propagation through time into shorter stretches": recurrent.stretches,
    "use a gradient penalty or spectral normalisation in place of weight clipping": limits.spectral,
    "make the weight clip smaller": limits.smaller_weight_clip,
    "make the weight clip larger": limits.larger_weight_clip,
    "normalise the layers": structure.normalise,
    "train under autocast with a GradScaler, or in bfloat16": precision.bfloat16,
    "keep the weights in float32, and compute under autocast": precision.bfloat16,
    "lower the learning rate": shorter_steps.lower_lr,
    "lower the learning rate, and train in bfloat16 or under autocast with a GradScaler": (
        precision.lower_and_bfloat16
    ),
    "bring the inputs to mean 0 and standard deviation 1": scale.scale_inputs,
    "look at the named module's inputs: a division by zero, a log or square root of zero": (
        operations.undefined_forward
    ),
    "lower the learning rate or clip the gradient norm": shorter_steps.lower_lr,
    "look for a square root, norm or division at zero: its slope is infinite there; add an eps": (
        operations.undefined_backward
    ),
    "lower the learning rate or the momentum": shorter_steps.lower_momentum_too,
    "leave out the examples whose values are not finite, or fill them in": checks.finite_examples,
    "skip steps whose gradient norm is not finite": limits.skip_nonfinite,
    "find the layer that overflows: a loss scale below 1 means that true gradients are too big": (
        precision.what_overflows
    ),
    "use bfloat16, whose range is that of float32": precision.bfloat16,
    "scale the loss (GradScaler), or train in bfloat16": precision.bfloat16,
    "initialise for the activation, so that gradients are not so small to begin with": (
        weights.fit_init
    ),
    "use LeakyReLU, GELU or ELU: they pass a gradient on the negative side": (
        activations.leaky_activation
    ),
    "start biases at zero or slightly above, weights with He initialisation": (
        weights.biases_and_he
    ),
    "make the first weights smaller (Xavier)": weights.smaller_weights,
    "normalise the layers' inputs (BatchNorm, LayerNorm)": structure.normalise,
    "lower the learning rate until fewer than half of the steps are clipped": learning_rate.unclipped_lr,
    "raise the clip threshold towards the median norm": limits.raise_clip,
    "divide the targets by their standard deviation": scale.scale_targets,
    "take the mean of the loss rather than its sum": scale.mean_loss,
    "check the last layer and the loss: a softmax over one value is always 1": (
        checks.output_and_loss
    ),
    "call zero_grad before backward or after step, never between the two": wiring.order_of_zero_grad,
    "call zero_grad once for each step, after step or before backward": wiring.clear,
    "hand the loss function raw scores: no softmax or sigmoid before it": wiring.raw_scores,
    "give predictions the shape of the targets before they are compared": wiring.same_shape,
    "let the last layer's scores be: no ReLU between them and the loss": wiring.raw_scores,
    "draw the first weights at random, as the layers do by default": wiring.draw_again,
    "hand all parameters of the model to the optimizer": wiring.hand_over,
    "check that no pretrained or adapter layer that is zero has been frozen": wiring.zero_layers,
    "check that the loss depends on the parameters (no detach, no argmax, no integer cast)": (
        checks.loss_depends
    ),
    "lower the learning rate by a factor of 3 to 10": learning_rate.lower_lr_somewhat,
    "use a larger batch, or warm the learning rate up": learning_rate.warm_up,
    "check that inputs and labels belong together": checks.one_batch,
    "compare a learning rate 10 times larger and one 10 times smaller": learning_rate.other_lr,
    "let this side maximise the log of the other's doubt (the non-saturating loss), or use a "
    "Wasserstein loss with a gradient penalty": adversarial_nets.doubt,
    "give the other side a smaller learning rate or fewer steps": adversarial_nets.slower_other,
    "smooth its labels, or add noise to its inputs": adversarial_nets.noisy_other,
    "raise the learning rate by a factor of 10 to 1000": learning_rate.raise_lr,
    "raise the learning rate to what is usual for the optimizer": learning_rate.raise_lr,
    "compare a learning rate 10 times larger: steps change hardly a thousandth of the weights": (
        learning_rate.longer_steps
    ),
    "compare a learning rate 10 times smaller: steps change several hundredths of the weights": (
        learning_rate.shorter_steps
    ),
    "start the forget gates open (bias 1), and the recurrent weights orthogonal": (
        recurrent_stacks.open_and_orthogonal
    ),
    "stack fewer recurrent layers, or put skip connections around them": recurrent_stacks.fewer_layers,
    "normalise the outputs of the recurrent layers (LayerNorm)": recurrent_stacks.normed_outputs,
    "let each branch add to what it is given, and normalise before it (pre-norm), not after": (
        structure.normalise
    ),
    "lower the learning rate, and warm it up over the first hundreds of steps": (
        learning_rate.lower_and_warm_up
    ),
    "scale down what each branch adds at first": structure.smaller_branches,
    "use tanh with orthogonal first weights: they keep a signal's length through many layers": (
        activations.orthogonal_tanh
    ),
    "use LeakyReLU, GELU or ELU, and start biases at zero, weights with He initialisation": (
        activations.leaky_and_sound_start
    ),
    "look at the loss function's inputs: a division by zero, a log or square root of zero": (
        losses.undefined_loss
    ),
    "look at what edits gradients between backward() and step(): a division by a norm of zero": (
        checks.gradients_before_step
    ),
    "check that the model is in training mode: in eval mode BatchNorm ignores the batch": (
        structure.training_mode
    ),
    "let the learning rate fall over the whole run: to a tenth by its end, not to nothing": (
        bounds.slower_schedule
    ),
    "lower the weight decay (0.01 is usual), and any penalty on the weights in the loss": (
        bounds.less_decay
    ),
    "check the sign of the loss, and that the targets are in the range that it is made for": (
        bounds.sign_and_range
    ),
    "bring the targets into the range of the output, or leave its bounds off": (
        bounds.targets_in_reach
    ),
    "clip the gradient norm in place of its values, or raise the limit": bounds.clip_norm,
}
