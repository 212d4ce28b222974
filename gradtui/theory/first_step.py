"""What the first step will do: its loss, and how far it moves the weights."""

import math

import numpy as np

from gradtui.theory.nonlinearity import gauss

EPS = 1e-8
"""Added by Adam, AdamW and RMSProp to the root of their second moment (torch's default)."""


def first_loss(classes: int, variance: float) -> float:
    """Cross-entropy over `classes` of a net whose logits are independent N(0, variance), in nats.

    To second order ln C + (1 - 1/C) variance / 2; here E[ln sum exp] without expanding it, from
    ln x = integral of (exp(-t) - exp(-t x)) / t over t > 0. NaN for fewer than 2 classes.
    """
    if classes < 2 or not 0 <= variance < 1e6:
        return math.nan
    nodes, weights = gauss()
    size = math.sqrt(variance)
    reach = 8 * size + 8
    log_t = np.linspace(-reach - 30, reach, 1500)
    share = np.array([weights @ np.exp(-np.exp(np.minimum(u + size * nodes, 7))) for u in log_t])
    rest = np.exp(-np.exp(np.minimum(log_t, 7))) - share**classes
    return float(rest.sum() * (log_t[1] - log_t[0]))  # 0 at both ends


def first_update(optimizer: str, lr: float, gradient: float, weight: float, numel: int) -> float:
    """Norm of a tensor's first update over the norm of its weights; NaN where no formula is known.

    `gradient` and `weight` are L2 norms. SGD moves by lr |g| (momentum has not begun). Adam divides
    each gradient by its own size, so every weight moves by lr: lr / rms(w), and less only where the
    gradients themselves are not far above 1e-8 (Kingma & Ba 2015, section 2.1). RMSProp's first
    average is 1/100 of the square, which makes that 10 lr.
    """
    if not (weight > 0 and gradient >= 0 and numel > 0):
        return math.nan
    root = math.sqrt(numel)
    typical = gradient / root
    if typical == 0:
        return 0.0
    match optimizer.split(" ")[0].lower():
        case "sgd":
            moved = lr * gradient
        case "adam" | "adamw":
            moved = lr * root * typical / (typical + EPS)
        case "rmsprop":
            moved = lr * root * typical / (0.1 * typical + EPS)
        case "adagrad":
            moved = lr * root
        case _:
            return math.nan
    return moved / weight
