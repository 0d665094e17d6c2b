"""Modules: every ModuleInfo of PyTorch's `module_db`, in train and eval mode, with gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch.testing._internal.common_modules import ModuleInfo, ModuleInput, module_db
from torch.utils._pytree import tree_leaves

from tests.conformance.result import ClosenessOf, Result, Task
from tests.conformance.transfer import Transfer
from tests.conformance.twin import difference

MODULES: dict[str, ModuleInfo] = {info.formatted_name: info for info in module_db}


def supports(name: str, dtype: torch.dtype) -> bool:
    """Whether the database lists the module for `dtype`."""
    return dtype in MODULES[name].supported_dtypes("cpu")


def run(task: Task, closeness: ClosenessOf, progress: Callable[[str], None]) -> Result:
    """All checks of one module. `progress` is told each check before it runs."""
    info, dtype = MODULES[task.name], getattr(torch, task.dtype)
    result = Result(task)
    for training in (True, False):
        mode = "train" if training else "eval"
        inputs = info.module_inputs_func(
            info, device="cpu", dtype=dtype, requires_grad=True, training=training
        )
        for given in inputs:
            if given.forward_input is None:
                continue
            index = result.samples
            result.samples += 1
            progress(f"sample {index} {mode}")
            found = difference(_step(info, given, dtype, training), closeness(mode))
            result.record(mode, index, found)
    return result


def _step(
    info: ModuleInfo, given: ModuleInput, dtype: torch.dtype, training: bool
) -> Callable[[str], Any]:
    def twin(device: str) -> Any:
        torch.default_generator.manual_seed(0)  # Equal weights, whatever the seed of the run.
        built = Transfer("cpu")
        constructor = built((given.constructor_input.args, given.constructor_input.kwargs))
        module = info.module_cls(*constructor[0], **constructor[1])
        module = copy.deepcopy(module).to(dtype).to(device).train(training)
        torch.manual_seed(0)
        transfer = Transfer(device)
        args, kwargs = transfer((given.forward_input.args, given.forward_input.kwargs))
        output = module(*args, **kwargs)
        losses = [
            leaf.abs().sum()
            for leaf in tree_leaves(output)
            if isinstance(leaf, torch.Tensor) and leaf.requires_grad
        ]
        if losses:
            sum(losses).backward()
        return {
            "output": output,
            "state": dict(module.state_dict()),
            "gradients": [parameter.grad for parameter in module.parameters()],
            "input gradients": [t.grad for t in transfer.tensors if t.is_leaf],
        }

    return twin
