"""Optimizers: every OptimizerInfo of PyTorch's `optim_db`, in all its implementations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.testing._internal.common_optimizers import (
    OptimizerInfo,
    _get_optim_inputs_including_global_cliquey_kwargs,
    optim_db,
)
from torch.utils._pytree import tree_map_only

from tests.conformance.compare import Closeness
from tests.conformance.result import ClosenessOf, Result, Task
from tests.conformance.twin import difference
from tests.device import DEVICE

OPTIMIZERS: dict[str, OptimizerInfo] = {info.optim_cls.__name__: info for info in optim_db}

_SHAPES = ((5, 3), (3, 5), (1, 7))

# `capturable` keeps the step count in a tensor, which rounds otherwise than Python's floats. The
# CPU has no capturable form, so its ordinary form is the oracle.
_CAPTURABLE = Closeness(relative=1e-5, absolute=1e-6)


def supports(name: str, dtype: torch.dtype) -> bool:
    """Whether the optimizer is to be checked in `dtype`: real floats that hold small steps."""
    return dtype in (torch.float32, torch.float64)


def run(task: Task, closeness: ClosenessOf, progress: Callable[[str], None]) -> Result:
    """All configurations of one optimizer. `progress` is told each before it runs."""
    info, dtype = OPTIMIZERS[task.name], getattr(torch, task.dtype)
    result = Result(task)
    inputs = _get_optim_inputs_including_global_cliquey_kwargs(
        DEVICE, dtype, info, skip=("differentiable",)
    )
    for index, given in enumerate(inputs):
        result.samples += 1
        progress(f"sample {index} ({given.desc})")
        near = _CAPTURABLE if given.kwargs.get("capturable") else closeness("step")
        found = difference(_train(info, given.kwargs, dtype), near)
        result.record("step", index, found and f"({given.desc}) {found}")
    return result


def _train(info: OptimizerInfo, kwargs: dict[str, Any], dtype: torch.dtype) -> Callable[[str], Any]:
    def twin(device: str) -> Any:
        settings = dict(kwargs)
        if device == "cpu" and settings.pop("capturable", False):
            settings = tree_map_only(torch.Tensor, lambda number: number.item(), settings)
        numbers = torch.Generator().manual_seed(0)

        def draw(shape: tuple[int, ...]) -> torch.Tensor:
            return torch.randn(shape, generator=numbers, dtype=dtype)

        parameters = [draw(shape).to(device).requires_grad_() for shape in _SHAPES]
        targets = [draw(shape).to(device) for shape in _SHAPES]
        optimizer = info.optim_cls(parameters, **settings)

        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            loss = sum((p - t).square().sum() for p, t in zip(parameters, targets, strict=True))
            loss.backward()
            if info.only_supports_sparse_grads:
                for parameter in parameters:
                    parameter.grad = parameter.grad.to_sparse()
            return loss.detach()

        losses = [optimizer.step(closure) for _ in range(3)]
        saved = optimizer.state_dict()
        optimizer = info.optim_cls(parameters, **settings)
        optimizer.load_state_dict(saved)
        losses += [optimizer.step(closure) for _ in range(2)]
        state = [dict(optimizer.state[p]) for p in parameters if p in optimizer.state]
        # Counts and rates may be numbers, CPU tensors or CUDA tensors.
        state = tree_map_only(torch.Tensor, lambda t: t if t.dim() else t.item(), state)
        return {"parameters": parameters, "losses": losses, "state": state}

    return twin
