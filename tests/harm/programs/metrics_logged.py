# Logs numbers in every way that it has, and looks at where it was called from.
# @ steps: 20
import glob
import os
import traceback
import warnings

import torch
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from torch.utils.tensorboard import SummaryWriter
from training import report, train

import gradtui


class Counted(dict):
    """A dictionary that notices who goes through it."""

    seen = 0

    def items(self):
        Counted.seen += 1
        return super().items()


class Named(str):
    """A word that is asked for itself."""


class Writer(SummaryWriter):
    def _get_file_writer(self):
        frames = [frame.name for frame in traceback.extract_stack(limit=4)]
        if frames != self.frames:
            self.frames = frames
            print("called by", frames)
        return super()._get_file_writer()

    frames = None


writer = Writer("board/train", flush_secs=1000)
value = torch.tensor([0.25], requires_grad=True)
given = Counted({"a": 1, "b": value, "c": float("nan"), "d": "no number"})


def each(step):
    writer.add_scalar(Named("loss"), value, step)
    writer.add_scalar("huge", 10**30, step, walltime=float(step))
    try:
        writer.add_scalar("bad", object(), step)
    except Exception as error:
        if not step:
            traceback.print_exception(error)
    writer.add_scalars("several", {"x": 1.0, "y": float("inf")}, step, walltime=float(step))
    gradtui.log(given, step=step, accuracy=0.5, odd=[1, 2])
    gradtui.log({1: 2, "deep": {"er": 3}})
    gradtui.log()


with warnings.catch_warnings():
    warnings.simplefilter("always")
    net = train(20, each=each)
writer.close()
found = []
for path in sorted(glob.glob("board/**/events*", recursive=True)):
    for event in EventFileLoader(path).Load():
        found += [(event.step, v.tag, str(v.tensor.float_val)) for v in event.summary.value]
    os.remove(path)
print(len(found), found[:9])
print("gone through", Counted.seen, given["b"] is value, value.grad, value.requires_grad)
print(torch.get_rng_state().sum().item(), sorted(os.listdir("board")))
report(net)
