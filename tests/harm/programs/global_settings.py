# Flags of torch and the interpreter, before and after.
import locale
import os
import sys

import torch
from training import report, train


def settings():
    return (
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_anomaly_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
        torch.is_autocast_enabled("cpu"),
        torch._C._len_torch_dispatch_stack(),
        torch.autograd.graph._allow_mutation_on_saved_tensors_enabled,
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        sys.flags.optimize,
        locale.getlocale(),
        os.umask(0o022),
        os.getcwd() == os.path.realpath("."),
    )


before = settings()
net = train(20)
print(before == settings(), before)
report(net)
