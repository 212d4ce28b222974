"""What to do about a symptom, in words that hold for any program. The most promising first."""

ADVICE: dict[str, tuple[str, ...]] = {
    "vanishing_depth": (
        "use an activation whose slope is near 1 (ReLU with He, tanh with Xavier initialisation)",
        "add skip connections or BatchNorm between the layers",
        "make the net shallower",
    ),
    "vanishing_weights": (
        "initialise for the activation: Xavier for tanh, He for ReLU",
        "add skip connections or BatchNorm between the layers",
        "make the net shallower",
    ),
    "vanishing_convolutions": (
        "add skip connections or BatchNorm between the layers",
        "use an activation whose slope is near 1 (ReLU with He, tanh with Xavier initialisation)",
        "make the net shallower",
    ),
    "vanishing_uniform": (
        "initialise for the activation: Xavier for tanh, He for ReLU",
        "normalise the layers (BatchNorm, LayerNorm)",
    ),
    "vanishing_recurrent": (
        "start the forget gates open (bias 1), and the recurrent weights orthogonal",
        "stack fewer recurrent layers, or put skip connections around them",
        "normalise the outputs of the recurrent layers (LayerNorm)",
    ),
    "vanishing_transformer": (
        "let each branch add to what it is given, and normalise before it (pre-norm), not after",
        "lower the learning rate, and warm it up over the first hundreds of steps",
        "scale down what each branch adds at first",
        "initialise for the activation: Xavier for tanh, He for ReLU",
    ),
    "vanishing_stack": (
        "use tanh with orthogonal first weights: they keep a signal's length through many layers",
        "add skip connections or BatchNorm between the layers",
        "make the net shallower",
    ),
    "vanishing_time": (
        "initialise the recurrent weights orthogonally",
        "use an LSTM with a forget-gate bias of 1 to 3, or a GRU",
        "bring the input that matters closer to the loss (shorter sequences, attention)",
    ),
    "exploding_init": (
        "initialise for the activation: He for ReLU, Xavier for tanh",
        "normalise the layers (BatchNorm, LayerNorm) or scale down residual branches",
        "clip the gradient norm: it keeps numbers finite, and alone seldom makes such a net learn",
    ),
    "exploding_branches": (
        "normalise the layers (BatchNorm, LayerNorm) or scale down residual branches",
        "initialise for the activation: He for ReLU, Xavier for tanh",
        "bring the inputs to mean 0 and standard deviation 1",
    ),
    "exploding_lr": (
        "lower the learning rate",
        "warm the learning rate up over the first hundreds of steps",
        "clip the gradient norm at about its usual size",
    ),
    "exploding_time": (
        "initialise the recurrent weights orthogonally (spectral radius 1), and clip the gradient norm",
        "clip the gradient norm",
        "cut back-propagation through time into shorter stretches",
    ),
    "exploding_critic": (
        "use a gradient penalty or spectral normalisation in place of weight clipping",
        "make the weight clip smaller",
        "normalise the layers",
    ),
    "vanishing_critic": (
        "use a gradient penalty or spectral normalisation in place of weight clipping",
        "make the weight clip larger",
        "normalise the layers",
    ),
    "starved": (
        "let this side maximise the log of the other's doubt (the non-saturating loss), or use a "
        "Wasserstein loss with a gradient penalty",
        "give the other side a smaller learning rate or fewer steps",
        "smooth its labels, or add noise to its inputs",
    ),
    "nonfinite_half": (
        "train under autocast with a GradScaler, or in bfloat16",
        "lower the learning rate",
        "clip the gradient norm",
    ),
    "nonfinite_half_grown": (
        "lower the learning rate, and train in bfloat16 or under autocast with a GradScaler",
        "train under autocast with a GradScaler, or in bfloat16",
        "clip the gradient norm",
    ),
    "nonfinite_data": ("leave out the examples whose values are not finite, or fill them in",),
    "nonfinite_start": (
        "look at the named module's inputs: a division by zero, a log or square root of zero",
    ),
    "nonfinite_loss": (
        "look at the loss function's inputs: a division by zero, a log or square root of zero",
        "lower the learning rate or clip the gradient norm",
    ),
    "nonfinite_forward": (
        "look at the named module's inputs: a division by zero, a log or square root of zero",
        "lower the learning rate or clip the gradient norm",
    ),
    "nonfinite_backward": (
        "look for a square root, norm or division at zero: its slope is infinite there; add an eps",
        "skip steps whose gradient norm is not finite",
    ),
    "nonfinite_between": (
        "look at what edits gradients between backward() and step(): a division by a norm of zero",
        "skip steps whose gradient norm is not finite",
    ),
    "nonfinite_weights": (
        "lower the learning rate or the momentum",
        "skip steps whose gradient norm is not finite",
    ),
    "scaler_stuck": (
        "find the layer that overflows: a loss scale below 1 means that true gradients are too big",
        "use bfloat16, whose range is that of float32",
    ),
    "scaler_stuck_scale": (
        "divide the targets by their standard deviation",
        "find the layer that overflows: a loss scale below 1 means that true gradients are too big",
        "use bfloat16, whose range is that of float32",
    ),
    "fp16_underflow": (
        "scale the loss (GradScaler), or train in bfloat16",
        "initialise for the activation, so that gradients are not so small to begin with",
    ),
    "dead_relu": (
        "use LeakyReLU, GELU or ELU: they pass a gradient on the negative side",
        "lower the learning rate",
        "start biases at zero or slightly above, weights with He initialisation",
    ),
    "dead_start": (
        "use LeakyReLU, GELU or ELU, and start biases at zero, weights with He initialisation",
        "start biases at zero or slightly above, weights with He initialisation",
        "lower the learning rate",
    ),
    "zero_weights": (
        "initialise for the activation: Xavier for tanh, He for ReLU",
        "check that no pretrained or adapter layer that is zero has been frozen",
    ),
    "killed": (
        "lower the learning rate",
        "use LeakyReLU, GELU or ELU: they pass a gradient on the negative side",
        "warm the learning rate up over the first hundreds of steps",
    ),
    "driven": (
        "lower the learning rate",
        "normalise the layers' inputs (BatchNorm, LayerNorm)",
        "make the first weights smaller (Xavier)",
    ),
    "saturated": (
        "make the first weights smaller (Xavier)",
        "normalise the layers' inputs (BatchNorm, LayerNorm)",
        "lower the learning rate",
    ),
    "clipping_dominates": (
        "lower the learning rate until fewer than half of the steps are clipped",
        "raise the clip threshold towards the median norm",
    ),
    "clipping_crawls": ("raise the clip threshold towards the median norm",),
    "badly_scaled": (
        "divide the targets by their standard deviation",
        "take the mean of the loss rather than its sum",
    ),
    "badly_summed": (
        "take the mean of the loss rather than its sum",
        "divide the targets by their standard deviation",
    ),
    "output_cannot_change": (
        "check the last layer and the loss: a softmax over one value is always 1",
        "check that the loss depends on the parameters (no detach, no argmax, no integer cast)",
        "call zero_grad before backward or after step, never between the two",
    ),
    "no_gradients": (
        "call zero_grad before backward or after step, never between the two",
        "check that the loss depends on the parameters (no detach, no argmax, no integer cast)",
        "hand all parameters of the model to the optimizer",
    ),
    "never_zeroed": ("call zero_grad once for each step, after step or before backward",),
    "softmax_twice": ("hand the loss function raw scores: no softmax or sigmoid before it",),
    "broadcast_target": ("give predictions the shape of the targets before they are compared",),
    "relu_logits": ("let the last layer's scores be: no ReLU between them and the loss",),
    "same_units": ("draw the first weights at random, as the layers do by default",),
    "not_stepped": ("hand all parameters of the model to the optimizer",),
    "oscillating_loss": (
        "lower the learning rate by a factor of 3 to 10",
        "use a larger batch, or warm the learning rate up",
    ),
    "plateau": (
        "check that inputs and labels belong together",
        "compare a learning rate 10 times larger and one 10 times smaller",
    ),
    "plateau_short": (
        "compare a learning rate 10 times larger: steps change hardly a thousandth of the weights",
        "check that inputs and labels belong together",
    ),
    "plateau_long": (
        "compare a learning rate 10 times smaller: steps change several hundredths of the weights",
        "check that inputs and labels belong together",
    ),
    "plateau_init": (
        "initialise for the activation: Xavier for tanh, He for ReLU",
        "normalise the layers (BatchNorm, LayerNorm)",
        "check that inputs and labels belong together",
    ),
    "rounded_away": (
        "keep the weights in float32, and compute under autocast",
        "raise the learning rate by a factor of 10 to 1000",
    ),
    "too_small_lr": ("raise the learning rate by a factor of 10 to 1000",),
    "far_too_small_lr": ("raise the learning rate to what is usual for the optimizer",),
    "large_inputs": ("bring the inputs to mean 0 and standard deviation 1",),
    "eval_mode": (
        "check that the model is in training mode: in eval mode BatchNorm ignores the batch",
    ),
    "schedule_ended": (
        "let the learning rate fall over the whole run: to a tenth by its end, not to nothing",
        "raise the learning rate by a factor of 10 to 1000",
    ),
    "withered": (
        "lower the weight decay (0.01 is usual), and any penalty on the weights in the loss",
    ),
    "unbounded": (
        "check the sign of the loss, and that the targets are in the range that it is made for",
    ),
    "out_of_reach": ("bring the targets into the range of the output, or leave its bounds off",),
    "data_changed": ("check that inputs and labels belong together",),
    "value_clips": ("clip the gradient norm in place of its values, or raise the limit",),
}
