"""A generator that is trained towards the label of its own samples, and ones that are not."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.recognised_samples import LOOKS, RecognisedSamples

REAL, MADE = 1.0, 0.0
ROUNDS = 6


class Game(NamedTuple):
    generator: nn.Module
    discriminator: nn.Module
    look: Callable[[Tensor], None]
    term: Callable[[Tensor, Tensor], Tensor]

    def loss(self, samples: Tensor, label: float) -> Tensor:
        scores = self.discriminator(samples)
        return self.term(scores, torch.full_like(scores, label))

    def step(self, net: nn.Module, *losses: Tensor) -> None:
        """As an optimizer of that net would."""
        self.discriminator.zero_grad()
        self.generator.zero_grad()
        for loss in losses:
            self.look(loss)
            loss.backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= 0.01 * parameter.grad


Play = Callable[[Game, Tensor, Tensor, float], None]


def told(
    play: Play, label: float, term: Callable[[Tensor, Tensor], Tensor], *, images: bool = False
) -> tuple[str, ...]:
    torch.manual_seed(0)
    recognised = RecognisedSamples()
    if images:
        generator = nn.Sequential(nn.ConvTranspose2d(4, 1, 3), nn.Tanh())
        layers = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.Flatten()]
        discriminator = nn.Sequential(*layers, nn.Linear(36, 1))
        noise, real = (8, 4, 3, 3), (8, 1, 5, 5)
    else:
        generator = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        discriminator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
        noise, real = (8, 4), (8, 2)
    game = Game(generator, discriminator, recognised.look, term)
    for _ in range(ROUNDS):
        play(game, torch.randn(real), generator(torch.randn(noise)), label)
    assert (recognised._given, recognised._made) == ({}, {}) or not recognised.done
    return tuple(words for _, words in recognised.told)


def in_one_loss(game: Game, real: Tensor, made: Tensor, label: float) -> None:
    whole = game.loss(real, REAL) + game.loss(made.detach(), MADE)
    game.step(game.discriminator, whole / 2)
    game.step(game.generator, game.loss(made, label))


def in_two_passes(game: Game, real: Tensor, made: Tensor, label: float) -> None:
    losses = game.loss(real, REAL), game.loss(made.detach(), MADE)
    game.step(game.discriminator, *losses)
    game.step(game.generator, game.loss(made, label))


def generator_first(game: Game, real: Tensor, made: Tensor, label: float) -> None:
    game.step(game.generator, game.loss(made, label))
    game.step(game.discriminator, game.loss(real, REAL) + game.loss(made.detach(), MADE))


def twice(game: Game, real: Tensor, made: Tensor, label: float) -> None:
    """The discriminator steps twice on the same samples."""
    for _ in range(2):
        game.step(game.discriminator, game.loss(real, REAL) + game.loss(made.detach(), MADE))
    game.step(game.generator, game.loss(made, label))


TERMS = [F.binary_cross_entropy_with_logits, F.mse_loss]
PLAYS: list[Play] = [in_one_loss, in_two_passes, generator_first, twice]


@pytest.mark.parametrize("images", [False, True], ids=["points", "images"])
@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("play", PLAYS)
def test_by_the_label_that_its_samples_have(
    play: Play, term: Callable[[Tensor, Tensor], Tensor], images: bool
) -> None:
    (words,) = told(play, MADE, term, images=images)
    assert words.startswith("samples of the generator have the label 0 in the discriminator's loss")
    assert told(play, REAL, term, images=images) == ()
    assert told(play, 0.5, term, images=images) == ()  # as least squares have it


def made_anew(game: Game, real: Tensor, made: Tensor, label: float) -> None:
    """The generator's loss is of other samples than the discriminator's: nothing is known."""
    game.step(game.discriminator, game.loss(real, REAL) + game.loss(made.detach() + 1, MADE))
    game.step(game.generator, game.loss(made, label))


def together(game: Game, real: Tensor, made: Tensor, label: float) -> None:
    """No game: what is made is to have one label, in a loss that has no other."""
    game.step(game.discriminator, game.loss(made.detach(), label))
    game.step(game.generator, game.loss(made, label))


@pytest.mark.parametrize("play", [made_anew, together])
def test_nothing_is_known(play: Play) -> None:
    assert told(play, MADE, F.binary_cross_entropy_with_logits) == ()


def test_losses_of_other_kinds_are_passed_over() -> None:
    recognised = RecognisedSamples()
    net = nn.Linear(3, 2)
    for _ in range(LOOKS):
        recognised.look(F.cross_entropy(net(torch.randn(4, 3)), torch.tensor([0, 1, 1, 0])))
    assert recognised.done
    assert recognised.told == ()
