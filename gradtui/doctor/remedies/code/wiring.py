"""What is wired wrongly: layers that pass nothing on, steps without gradients, losses that are fed
with something else than they are made for."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block, each_layer
from gradtui.doctor.remedies.code.prescription import (
    AFTER,
    DATA,
    LOSS,
    MODEL,
    OPERATION,
    OPTIMIZER,
    STEP,
)
from gradtui.doctor.remedy import CodeLines, Remedy


def zero_layers(seen: ProgramSeen) -> CodeLines:
    """Which weights are zero, and which of them may not change."""
    del seen
    code = block("""
        for name, weight in model.named_parameters():
            if weight.ndim > 1 and not weight.any():
                print(name, "is zero", "" if weight.requires_grad else "and frozen")
    """)
    expect = "no line at all; a frozen one: weight.requires_grad_(True), or load its values"
    return CodeLines(MODEL, code, expect, changes=False)


def order_of_zero_grad(seen: ProgramSeen) -> CodeLines:
    """The three calls in the order that works."""
    del seen
    code = block("""
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    """)
    return CodeLines(
        STEP, code, "gradients above zero at every layer, and a loss that falls", changes=False
    )


def clear(seen: ProgramSeen) -> CodeLines:
    del seen
    return CodeLines(
        AFTER, "optimizer.zero_grad()", "gradient norms that do not grow from step to step"
    )


def clear_before(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        optimizer.zero_grad()  # the one that this loss is for, before its first backward pass
    """)
    return CodeLines(LOSS, code, "losses of the net that do not run away from its own targets")


def raw_scores(seen: ProgramSeen) -> CodeLines:
    """The last module goes where it is one of these; what forward() does by itself stays."""
    del seen
    code = block("""
        name, last = list(model.named_modules())[-1]
        if isinstance(last, (torch.nn.Softmax, torch.nn.Sigmoid, torch.nn.ReLU)):
            model.set_submodule(name, torch.nn.Identity())
        else:
            print("take softmax, sigmoid or relu out of the end of forward()")
    """)
    return CodeLines(MODEL, code, "a loss that comes down further, and a steeper gradient at first")


def rows_of_classes(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def rows_of(scores, classes_at=-1):  # [n, positions, classes] -> [n * positions, classes]
            last = scores.movedim(classes_at, -1)
            return last.reshape(-1, last.shape[-1])
    """)
    return CodeLines(OPERATION, code, "a loss that falls well below guessing")


def batch_first(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        for part in model.modules():  # [examples, positions, features] where it is True
            if isinstance(part, (torch.nn.RNNBase, torch.nn.MultiheadAttention)):
                part.batch_first = not part.batch_first
    """)
    return CodeLines(MODEL, code, "a loss that falls well below guessing")


def turn_first(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def rows_of(states, examples_at=1):  # [layers or positions, examples, features] -> [examples, ...]
            first = states.movedim(examples_at, 0)
            return first.reshape(len(first), -1)
    """)
    return CodeLines(OPERATION, code, "a loss that falls well below guessing")


def softmax_of_each(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def shares(scores):  # [examples, classes or positions]
            return torch.softmax(scores, dim=-1)
    """)
    return CodeLines(OPERATION, code, "a loss that falls well below guessing")


def alone_as_together(seen: ProgramSeen) -> CodeLines:
    """What an example gives by itself and among others."""
    del seen
    code = block("""
        was = model.training
        model.eval()
        with torch.no_grad():
            apart = (model(inputs[:1]) - model(inputs)[:1]).abs().max().item()
        model.train(was)
        print("an example alone and within its batch differ by", apart)
    """)
    expect = "0 up to rounding: if not, the examples are mixed somewhere within the model"
    return CodeLines(LOSS, code, expect, changes=False)


def same_shape(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        answers = model(inputs)
        if answers.numel() == targets.numel():
            answers = answers.reshape(targets.shape)
            loss = torch.nn.functional.mse_loss(answers, targets.to(answers.dtype))  # or your own
    """)
    return CodeLines(LOSS, code, "a loss that falls below the variance of the targets")


def draw_again(seen: ProgramSeen) -> CodeLines:
    code = each_layer(seen, "layer.reset_parameters()")
    return CodeLines(MODEL, code, "units that differ, and a loss that comes down further")


def hand_over(seen: ProgramSeen) -> CodeLines:
    """What an optimizer holds already is left as it is."""
    del seen
    code = block("""
        held = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
        left = [weight for weight in model.parameters() if id(weight) not in held]
        if left:
            optimizer.add_param_group({"params": left})
    """)
    return CodeLines(OPTIMIZER, code, "layers that move at every step, all of them")


def who_writes(seen: ProgramSeen) -> CodeLines:
    """torch counts what is written into a tensor: one step of an optimizer is no more than a few."""
    del seen
    code = block("""
        weight = next(model.parameters())
        writes = getattr(weight, "writes_seen", weight._version)  # at the end of the last step
        if weight._version != writes:
            print("written between two steps:", weight._version - writes, "times")
        optimizer.step()
        weight.writes_seen = weight._version
    """)
    expect = (
        "no line: where one is printed, look for load_state_dict(), copy_() and .data before it"
    )
    return CodeLines(STEP, code, expect, changes=False)


def layers_made_once(seen: ProgramSeen) -> CodeLines:
    """Which layers a forward pass makes."""
    del seen
    code = block("""
        made, init = [], torch.nn.Module.__init__

        def noted(self, *args, **kwargs):
            made.append(type(self).__name__)
            init(self, *args, **kwargs)

        torch.nn.Module.__init__ = noted
        model(inputs)
        torch.nn.Module.__init__ = init
        print(made, "are to be made in __init__")
    """)
    return CodeLines(MODEL, code, "no layer that a forward pass makes", changes=False)


def registered_modules(seen: ProgramSeen) -> CodeLines:
    """Which attributes hold modules that the model does not know of."""
    del seen
    code = block("""
        for name, part in model.named_modules():
            for word, held in vars(part).items():
                within = held.values() if isinstance(held, dict) else held
                if not word.startswith("_") and isinstance(held, (list, tuple, dict)):
                    if any(isinstance(one, torch.nn.Module) for one in within):
                        print(name, word, "holds modules that parameters() does not see")
    """)
    return CodeLines(MODEL, code, "no line: nn.ModuleList(...) around each list", changes=False)


def log_probabilities(seen: ProgramSeen) -> CodeLines:
    """It is no less than 0 where both are what they should be."""
    del seen
    code = block("""
        if loss < 0:
            print("no divergence is negative: kl_div takes log_softmax(scores), and the targets as they are")
    """)
    return CodeLines(LOSS, code, "no line, and a loss that comes down towards 0", changes=False)


def log_softmax(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def likelihood(scores, labels):  # as torch.nn.functional.cross_entropy does
            return torch.nn.functional.nll_loss(torch.log_softmax(scores, dim=1), labels)
    """)
    return CodeLines(LOSS, code, "a loss that is never negative, and about log(classes) at first")


def targets_to_one(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        low, high = targets.min(), targets.max()  # of all targets, not of one batch
        targets = (targets - low) / (high - low)
    """)
    return CodeLines(DATA, code, "a loss that is never negative")


def less_dropout(seen: ProgramSeen) -> CodeLines:
    """What is dropped is what the argument says."""
    del seen
    code = block("""
        for module in model.modules():
            if isinstance(module, torch.nn.modules.dropout._DropoutNd) and module.p >= 0.5:
                module.p = min(1 - module.p, 0.3)  # p is what is dropped
    """)
    return CodeLines(MODEL, code, "a loss that comes down below guessing")


def all_three(seen: ProgramSeen) -> CodeLines:
    """A scheduler's step comes after the optimizer's, and not in its place."""
    del seen
    code = block("""
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # scheduler.step() comes after it, and does not stand for it
    """)
    return CodeLines(STEP, code, "weights that change, and a loss that falls")


def straight_through(seen: ProgramSeen) -> CodeLines:
    """Forward what was there, backward as if nothing were."""
    del seen
    code = block("""
        class StraightThrough(torch.nn.Module):
            def forward(self, value):  # in place of torch.round(value), or of what else is flat
                return value + (torch.round(value) - value).detach()
    """)
    return CodeLines(MODEL, code, "gradients above zero in the layers before it", changes=False)


def keep_graph(seen: ProgramSeen) -> CodeLines:
    """Who needs no gradient, and where it stops needing one."""
    del seen
    code = block("""
        def look(module, given, output):
            if isinstance(output, torch.Tensor) and not output.requires_grad:
                print(type(module).__name__, "puts out what has no history")


        for module in model.modules():
            module.register_forward_hook(look)
    """)
    expect = "the first line is the cut: no detach(), no no_grad(), use_reentrant=False there"
    return CodeLines(MODEL, code, expect, changes=False)


def clip_unscaled(seen: ProgramSeen) -> CodeLines:
    code = block(f"""
        scaler = torch.amp.GradScaler({seen.device!r})  # once, before training: the one that is there
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # or your own
        scaler.step(optimizer)
        scaler.update()
    """)
    expect = "steps that are clipped now and then, not all of them"
    return CodeLines(STEP, code, expect, changes=False)


def divided(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        micro_batches = 4  # as many as there are backward passes between two steps
        loss = loss / micro_batches
    """)
    return CodeLines(LOSS, code, "gradients as of one batch, and a loss that falls")


def shuffled(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        order = torch.randperm(len(inputs))  # of all data; a DataLoader has shuffle=True
        inputs, targets = inputs[order], targets[order]
    """)
    return CodeLines(DATA, code, "a loss that falls without jumping from one class to the next")


def ignore_padding(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def loss_of_words(scores, labels, padding=0):  # [n, positions, classes], [n, positions]
            return torch.nn.functional.cross_entropy(
                scores.flatten(0, 1), labels.flatten(), ignore_index=padding
            )
    """)
    return CodeLines(OPERATION, code, "a higher loss at first, of what is to be learned alone")


def shifted(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def shifted(tokens):  # [n, positions] -> inputs, labels: each is to say the next one
            return tokens[:, :-1], tokens[:, 1:]
    """)
    expect = "a loss that falls more slowly, and answers that hold by themselves"
    return CodeLines(OPERATION, code, expect)


def thaw(seen: ProgramSeen) -> CodeLines:
    del seen
    return CodeLines(
        MODEL, "model.requires_grad_(True)", "gradients in all layers, and a loss that falls"
    )


STRAIGHT_THROUGH = Remedy(
    id="straight_through",
    text=(
        "let gradients pass what has no slope: h + (torch.round(h) - h).detach(), a straight-through "
        "estimator"
    ),
    code=straight_through,
    source=("Bengio, Leonard and Courville, 2013"),
)
KEEP_GRAPH = Remedy(
    id="keep_graph",
    text=(
        "find what cuts the way back: detach(), no_grad(), .data, or a checkpoint (use_reentrant=False, "
        "or let its input require a gradient)"
    ),
    code=keep_graph,
)
UNFREEZE = Remedy(
    id="unfreeze",
    text=("let the frozen parameters be trained: requires_grad_(True)"),
    code=thaw,
)
CLIP_UNSCALED = Remedy(
    id="clip_unscaled",
    text=("call scaler.unscale_(optimizer) before gradients are clipped"),
    code=clip_unscaled,
    source=("Micikevicius et al., 2018, arXiv:1710.03740"),
)
DIVIDE_LOSSES = Remedy(
    id="divide_losses",
    text=("divide each loss by the number of backward passes between two steps"),
    code=divided,
)
SHUFFLE = Remedy(
    id="shuffle",
    text=("shuffle the data: DataLoader(..., shuffle=True)"),
    code=shuffled,
    source=("Bottou, 2012, Stochastic Gradient Descent Tricks"),
)
CALL_STEP = Remedy(
    id="call_step",
    text=("call optimizer.step() after backward(): a scheduler's step() moves no weight"),
    code=all_three,
)
CALL_BACKWARD = Remedy(
    id="call_backward",
    text=("call loss.backward() before optimizer.step()"),
    code=all_three,
)
WHO_WRITES = Remedy(
    id="who_writes",
    text=(
        "find what else writes the weights: a load_state_dict() or copy_() whose condition holds too "
        "often"
    ),
    code=who_writes,
)
LESS_DROPOUT = Remedy(
    id="less_dropout",
    text=("drop less: p is the share that is dropped (0.1 to 0.3 is usual)"),
    code=less_dropout,
    source=("Srivastava et al., 2014, Journal of Machine Learning Research"),
)
FROZEN_ZERO_LAYERS = Remedy(
    id="frozen_zero_layers",
    text=("check that no pretrained or adapter layer that is zero has been frozen"),
    code=zero_layers,
)
ZERO_GRAD_ORDER = Remedy(
    id="zero_grad_order",
    text=("call zero_grad before backward or after step, never between the two"),
    code=order_of_zero_grad,
)
ALL_PARAMETERS = Remedy(
    id="all_parameters",
    text=("hand all parameters of the model to the optimizer"),
    code=hand_over,
)
ZERO_GRAD_EACH_STEP = Remedy(
    id="zero_grad_each_step",
    text=("call zero_grad once for each step, after step or before backward"),
    code=clear,
)
ZERO_GRAD_BEFORE_BACKWARD = Remedy(
    id="zero_grad_before_backward",
    text=(
        "clear the gradients of an optimizer right before the backward pass of its own loss, so that nothing "
        "is left of other losses"
    ),
    code=clear_before,
)
RAW_SCORES = Remedy(
    id="raw_scores",
    text=("hand the loss function raw scores: no softmax or sigmoid before it"),
    code=raw_scores,
)
LAYERS_MADE_ONCE = Remedy(
    id="layers_made_once",
    text=("make layers in __init__, once, and the optimizer after them"),
    code=layers_made_once,
)
REGISTERED_MODULES = Remedy(
    id="registered_modules",
    text=("hold modules in nn.ModuleList or nn.ModuleDict, and make the optimizer after them"),
    code=registered_modules,
)
LOG_PROBABILITIES = Remedy(
    id="log_probabilities",
    text=("hand kl_div the logarithms: log_softmax(scores) in place of softmax(scores)"),
    code=log_probabilities,
)
LOG_SOFTMAX = Remedy(
    id="log_softmax",
    text=("hand nll_loss and ctc_loss log_softmax(scores), or cross_entropy the scores themselves"),
    code=log_softmax,
)
TARGETS_TO_ONE = Remedy(
    id="targets_to_one",
    text=(
        "bring the targets of the binary cross entropy into 0 to 1: a mask of 0 and 255 divided by 255"
    ),
    code=targets_to_one,
)
CLASSES_LAST = Remedy(
    id="classes_last",
    text=(
        "reshape scores while their classes come last, or hand the loss function [n, classes, positions] as "
        "they are"
    ),
    code=rows_of_classes,
)
BATCH_FIRST = Remedy(
    id="batch_first",
    text=("set batch_first as the inputs are: True for [examples, positions, features]"),
    code=batch_first,
)
TURN_FIRST = Remedy(
    id="turn_first",
    text=("bring the examples to the front before you reshape: x.transpose(0, 1).reshape(len, -1)"),
    code=turn_first,
)
SOFTMAX_OF_EACH = Remedy(
    id="softmax_of_each",
    text=("take the softmax over the classes or positions of each example: dim=-1"),
    code=softmax_of_each,
)
ALONE_AS_TOGETHER = Remedy(
    id="alone_as_together",
    text=("compare what one example gives alone with what it gives within its batch"),
    code=alone_as_together,
)
SAME_SHAPE = Remedy(
    id="same_shape",
    text=("give predictions the shape of the targets before they are compared"),
    code=same_shape,
)
NO_RELU_ON_SCORES = Remedy(
    id="no_relu_on_scores",
    text=("let the last layer's scores be: no ReLU between them and the loss"),
    code=raw_scores,
)
RANDOM_WEIGHTS = Remedy(
    id="random_weights",
    text=("draw the first weights at random, as the layers do by default"),
    code=draw_again,
    source=("Goodfellow, Bengio and Courville, 2016, Deep Learning, section 8.4"),
)
IGNORE_PADDING = Remedy(
    id="ignore_padding",
    text=("leave padding out of the loss: cross_entropy(..., ignore_index=) with its label"),
    code=ignore_padding,
)
SHIFTED_ONCE = Remedy(
    id="shifted_once",
    text=("shift labels once: a model that shifts them itself is given the tokens as they are"),
    code=shifted,
)
SHIFTED_INPUTS = Remedy(
    id="shifted_inputs",
    text=(
        "shift what a decoder is given by one against its labels: tokens[:, :-1] and tokens[:, 1:]"
    ),
    code=shifted,
    source=("Vaswani et al., 2017, arXiv:1706.03762"),
)
