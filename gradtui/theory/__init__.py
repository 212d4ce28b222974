"""Mean field theory of gradients: what a net's weights would do had they not been trained.

nonlinearity, pairs   Gaussian averages of activations
stack                 a layout and its weights as layers one after the other
positions, predict    signal forwards, gradient backwards
through, quenched     the first weights themselves in place of random ones
line                  the prediction beside a run, seldom renewed
first                 first loss and first update
verdict               design or training, in a sentence

Formulas, assumptions and measured accuracy: docs/theory.md.
"""

from gradtui.theory.first_step import first_loss, first_update
from gradtui.theory.fitted_line import NO_THEORY, Line, Theory, theory_of
from gradtui.theory.mean_field import ALONE, Pairs, Prediction, predict
from gradtui.theory.propagation import Given
from gradtui.theory.quenched import Entry, quenched
from gradtui.theory.stack import NoTheoryError, Stack, Stage, read_stack
from gradtui.theory.verdict import verdict_of_theory

__all__ = [
    "ALONE",
    "NO_THEORY",
    "Entry",
    "Given",
    "Line",
    "NoTheoryError",
    "Pairs",
    "Prediction",
    "Stack",
    "Stage",
    "Theory",
    "first_loss",
    "first_update",
    "predict",
    "quenched",
    "read_stack",
    "theory_of",
    "verdict_of_theory",
]
