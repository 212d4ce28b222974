"""Lines that look: what to change only whoever reads their answer can say."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import DATA, LOSS, MODEL, OPTIMIZER, STEP
from gradtui.doctor.remedy import CodeLines, Remedy


def watch_module(seen: ProgramSeen) -> CodeLines:
    """The range of what goes into the module that the finding names and comes out of it."""
    names = tuple(name for name in seen.finding.layers if name)[:1]
    code = block("""
        def look(module, given, output):
            for value in (*given, output):
                if isinstance(value, torch.Tensor):
                    print(type(module).__name__, tuple(value.shape), *value.detach().aminmax())


        for module in {chosen}:
            module.register_forward_hook(look)
    """)
    chosen = f"[model.get_submodule({names[0]!r})]" if names else "model.modules()"
    return CodeLines(
        MODEL,
        code.replace("{chosen}", chosen),
        "inputs that are zero or below where a log, a root or a division follows, or one far off",
        changes=False,
    )


def watch_loss(seen: ProgramSeen) -> CodeLines:
    """The range of what goes into the loss function, where it is what the finding is about."""
    del seen
    code = block("""
        for word, value in (("outputs", model(inputs)), ("targets", targets), ("loss", loss)):
            print(word, tuple(value.shape), *value.detach().aminmax())
    """)
    expect = (
        "outputs that are zero or below where a log, a root or a division follows; targets that "
    )
    return CodeLines(LOSS, code, expect + "leave nothing to be counted", changes=False)


def gradients_before_step(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        for name, weight in model.named_parameters():  # here, and again behind your own lines
            if weight.grad is not None and not torch.isfinite(weight.grad).all():
                print("not finite:", name)
    """)
    expect = "nothing right after backward(); the lines before the first name are to blame"
    return CodeLines(STEP, code, expect, changes=False)


def anomaly(seen: ProgramSeen) -> CodeLines:
    del seen
    code = "torch.autograd.set_detect_anomaly(True)  # slow: while looking only"
    return CodeLines(
        MODEL,
        code,
        "an error that names the line of the forward pass whose slope is NaN: add an eps there",
        changes=False,
    )


def catch_nan(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        # on the command line:  gradtui run --catch-nan python train.py
        # in a script of yours:  gradtui.watch(model, catch_nan=True)
    """)
    expect = "the module, the line and what its operation was given, in the step that lost it"
    return CodeLines(MODEL, code, expect, changes=False)


def finite_examples(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        whole = torch.isfinite(inputs.float()).reshape(len(inputs), -1).all(dim=1)
        whole &= torch.isfinite(targets.float()).reshape(len(targets), -1).all(dim=1)
        print("examples left out:", int((~whole).sum()))
        inputs, targets = inputs[whole], targets[whole]
    """)
    return CodeLines(DATA, code, "no NaN from the data; count how many examples are left out")


def one_batch(seen: ProgramSeen) -> CodeLines:
    """A net that cannot learn eight samples by heart has wrong wiring, not too little time."""
    told = {"classification": "cross_entropy", "regression": "mse_loss"}
    loss = told.get(seen.facts.info.task, "cross_entropy")
    code = block(f"""
        import copy

        few, wanted, trial = inputs[:8], targets[:8], copy.deepcopy(model)
        adam = torch.optim.Adam(trial.parameters(), lr=1e-3)
        for step in range(300):
            adam.zero_grad()
            error = torch.nn.functional.{loss}(trial(few), wanted)  # or your own
            error.backward()
            adam.step()
        print("loss on 8 samples after 300 steps:", error.item(), "targets:", wanted.tolist())
    """)
    return CodeLines(
        OPTIMIZER,
        code,
        "a loss near 0: the net can learn, so look at which label goes with which input",
        changes=False,
    )


def output_and_loss(seen: ProgramSeen) -> CodeLines:
    """For a single output a loss that can change; else what the output looks like."""
    if seen.answers == 1:
        code = block("""
            answers = model(inputs).reshape(targets.shape)  # no softmax: of one value it is 1
            loss = torch.nn.functional.binary_cross_entropy_with_logits(answers, targets.float())
        """)
        return CodeLines(LOSS, code, "gradients above zero at every layer, and a loss that falls")
    code = block("""
        answers = model(inputs)
        print("output:", tuple(answers.shape), "differs:", bool((answers != answers[0]).any()))
    """)
    return CodeLines(LOSS, code, "an output that differs from sample to sample", changes=False)


def loss_depends(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        for name, weight in model.named_parameters():
            print(name, "unused" if weight.grad is None else weight.grad.norm().item())
    """)
    return CodeLines(
        STEP,
        code,
        "a norm for each: unused ones are cut off by a detach, an argmax or a cast to integers",
        changes=False,
    )


def spread_over_batch(seen: ProgramSeen) -> CodeLines:
    """Where along the modules examples stop differing."""
    del seen
    code = block("""
        def look(module, given, output):
            if isinstance(output, torch.Tensor) and len(output) > 1:
                print(type(module).__name__, tuple(output.shape), bool((output != output[0]).any()))


        for module in model.modules():
            module.register_forward_hook(look)
    """)
    expect = (
        "True down to the last line: before the first False something runs over dim 0, the batch"
    )
    return CodeLines(MODEL, code, expect, changes=False)


def own_function(seen: ProgramSeen) -> CodeLines:
    """Which functions there are, and how to hold their slopes against numerical ones."""
    del seen
    code = block("""
        for function in torch.autograd.Function.__subclasses__():
            if not function.__module__.startswith("torch"):
                print(function.__module__, function.__name__)
        # then, for arguments of 1e-3, 1, 30 and 100:  torch.autograd.gradcheck(Name.apply, x.double())
    """)
    expect = "where gradcheck is False, an exp that overflows or a division by zero in its backward"
    return CodeLines(MODEL, code, expect, changes=False)


def own_optimizer(seen: ProgramSeen) -> CodeLines:
    """What the optimizer keeps, where it is not torch's."""
    del seen
    code = block("""
        for name, weight in model.named_parameters():
            for word, value in optimizer.state[weight].items():
                if torch.is_tensor(value) and value.numel() > 1:
                    print(name, word, *value.aminmax())
    """)
    expect = "nothing below 0 where a root is taken, and no 0 that is divided by: clamp it, or add an eps"
    return CodeLines(STEP, code, expect, changes=False)


def one_value(seen: ProgramSeen) -> CodeLines:
    """The shapes that softmaxes are taken over, in one pass."""
    del seen
    code = block("""
        from torch.overrides import TorchFunctionMode


        class Look(TorchFunctionMode):
            def __torch_function__(self, function, types, args=(), kwargs=None):
                if "softmax" in getattr(function, "__name__", ""):
                    print(function.__name__, tuple(args[0].shape), args[1:], kwargs)
                return function(*args, **(kwargs or {}))


        with Look():
            model(inputs)
    """)
    expect = "no dim that has one value only, and none that is the heads or the batch"
    return CodeLines(LOSS, code, expect, changes=False)


ONE_VALUE = Remedy(
    id="one_value",
    text=(
        "is a softmax or a norm behind these layers taken over the wrong dim, one that has a single value?"
    ),
    code=one_value,
)
OWN_FUNCTION = Remedy(
    id="own_function",
    text=(
        "check the backward of that function: is there an exp that overflows, or a division by zero, for "
        "large or small arguments?"
    ),
    code=own_function,
)
OWN_OPTIMIZER = Remedy(
    id="own_optimizer",
    text=(
        "check the optimizer's own arithmetic: is a root taken of a difference, or is there a division "
        "without an eps?"
    ),
    code=own_optimizer,
)
CATCH_NAN = Remedy(
    id="catch_nan",
    text="run it once more with --catch-nan: the step is traced in which the first NaN is born",
    code=catch_nan,
)
ANSWERS_DIFFER = Remedy(
    id="answers_differ",
    text=(
        "find where examples of a batch stop differing: a mean, softmax or norm over dim 0, the batch, "
        "in place of a later one"
    ),
    code=spread_over_batch,
)
FINITE_EXAMPLES = Remedy(
    id="finite_examples",
    text=("leave out the examples whose values are not finite, or fill them in"),
    code=finite_examples,
)
LARGE_NUMBERS = Remedy(
    id="large_numbers",
    text=("are inputs or weights before it far larger than need be? normalise, or start smaller"),
    code=watch_module,
)
GRADIENT_EDITS = Remedy(
    id="gradient_edits",
    text=(
        "does code of yours between backward() and step() edit gradients, such as by a norm of zero?"
    ),
    code=gradients_before_step,
)
LAST_LAYER_AND_LOSS = Remedy(
    id="last_layer_and_loss",
    text=("check the last layer and the loss: a softmax over one value is always 1"),
    code=output_and_loss,
)
LOSS_OF_PARAMETERS = Remedy(
    id="loss_of_parameters",
    text=("check that the loss depends on the parameters (no detach, no argmax, no integer cast)"),
    code=loss_depends,
)
INPUTS_WITH_LABELS = Remedy(
    id="inputs_with_labels",
    text=("check that inputs and labels belong together"),
    code=one_batch,
    source=("Karpathy, 2019, A Recipe for Training Neural Networks"),
)
