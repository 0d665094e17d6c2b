"""Operators: every OpInfo of PyTorch's `op_db`, all its samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_utils import noncontiguous_like
from torch.testing._internal.opinfo.core import OpInfo, SampleInput
from torch.utils._pytree import tree_leaves, tree_map_only

from tests.conformance.compare import EXACT, Closeness
from tests.conformance.result import ClosenessOf, Result, Task
from tests.conformance.transfer import Transfer
from tests.conformance.twin import Raised, difference, outcome
from tests.device import DEVICE

OPERATORS: dict[str, OpInfo] = {op.formatted_name: op for op in op_db}

# How near a computation in float32 must come to one in the narrow type.
_NARROW = {
    torch.float16: Closeness(relative=1e-2, absolute=1e-2),
    torch.bfloat16: Closeness(relative=5e-2, absolute=5e-2),
}
_COMPLEX_OF = {torch.float16: torch.complex32}

Arguments = tuple[Any, tuple, dict]


def supports(name: str, dtype: torch.dtype) -> bool:
    """Whether the CPU has the operator in `dtype`, or only CUDA has it in a narrow float."""
    op = OPERATORS[name]
    return dtype in op.supported_dtypes("cpu") or _is_detour(op, dtype)


def run(task: Task, closeness: ClosenessOf, progress: Callable[[str], None]) -> Result:
    """All checks of one operator. `progress` is told each check before it runs."""
    op, dtype = OPERATORS[task.name], getattr(torch, task.dtype)
    result = Result(task)
    if _is_detour(op, dtype):
        for index, sample in enumerate(op.sample_inputs("cpu", dtype)):
            result.samples += 1
            progress(f"sample {index} detour")
            result.record("detour", index, _detour(op, dtype, sample, closeness("detour")))
        return result

    may_refuse = dtype not in op.supported_dtypes("cuda")
    for index, sample in enumerate(op.sample_inputs("cpu", dtype)):
        result.samples += 1
        for check, twin in _plain_checks(op, sample):
            progress(f"sample {index} {check}")
            _record(result, check, index, twin, closeness, may_refuse)
    if not op.supports_autograd or dtype not in op.supported_backward_dtypes("cpu"):
        return result
    may_refuse = dtype not in op.supported_backward_dtypes("cuda")
    for index, sample in enumerate(op.sample_inputs("cpu", dtype, requires_grad=True)):
        for check, twin in _gradient_checks(op, sample):
            progress(f"sample {index} {check}")
            _record(result, check, index, twin, closeness, may_refuse)
    return result


def _record(
    result: Result,
    check: str,
    index: int,
    twin: Callable[[str], Any],
    closeness: ClosenessOf,
    may_refuse: bool,
) -> None:
    text = difference(twin, closeness(check))
    if text is not None and may_refuse and isinstance(outcome(twin, DEVICE), Raised):
        result.refused += 1
        text = None
    result.record(check, index, text)


def _plain_checks(op: OpInfo, sample: SampleInput) -> Iterator[tuple[str, Callable[[str], Any]]]:
    arguments = (sample.input, sample.args, sample.kwargs)
    yield "forward", _forward(op.op, arguments)
    if _is_strided(sample):
        apart = sample.noncontiguous()
        yield "noncontiguous", _forward(op.op, (apart.input, apart.args, apart.kwargs))
    if op.inplace_variant is not None and isinstance(sample.input, torch.Tensor):
        yield "inplace", _forward(op.inplace_variant, arguments)
    if op.supports_out and "out" not in sample.kwargs:
        yield "out", _out(op.op, arguments, noncontiguous_like)
        yield "out resized", _out(op.op, arguments, lambda like: like.new_empty(0))


def _gradient_checks(op: OpInfo, sample: SampleInput) -> Iterator[tuple[str, Callable[[str], Any]]]:
    yield "backward", _backward(op.op, sample)
    if _is_strided(sample):
        yield "noncontiguous backward", _backward(op.op, sample.noncontiguous())
    has_inplace = op.supports_inplace_autograd and op.inplace_variant is not None
    if has_inplace and isinstance(sample.input, torch.Tensor) and not sample.broadcasts_input:

        def inplace(value: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            return op.inplace_variant(value.clone(), *args, **kwargs)

        yield "inplace backward", _backward(inplace, sample)


def _forward(function: Callable[..., Any], arguments: Arguments) -> Callable[[str], Any]:
    def twin(device: str) -> Any:
        transfer = Transfer(device)
        value, args, kwargs = transfer(arguments)
        versions = [tensor._version for tensor in transfer.tensors]
        with transfer.default_device:
            result = function(value, *args, **kwargs)
        bumps = [t._version - before for t, before in zip(transfer.tensors, versions, strict=True)]
        return {
            "result": result,
            "sharing": _sharing(result, transfer.tensors),
            "arguments": transfer.tensors,
            "version bumps": bumps,
        }

    return twin


def _out(
    function: Callable[..., Any],
    arguments: Arguments,
    make: Callable[[torch.Tensor], torch.Tensor],
) -> Callable[[str], Any]:
    def twin(device: str) -> Any:
        value, args, kwargs = Transfer("cpu")(arguments)
        out = tree_map_only(torch.Tensor, make, function(value, *args, **kwargs))
        out = tree_map_only(torch.Tensor, lambda t: t.fill_(1), out)
        transfer = Transfer(device)
        value, args, kwargs, out = transfer((*arguments, out))
        result = function(value, *args, **kwargs, out=out)
        return {"result": result, "out": out, "sharing": _sharing(result, transfer.tensors)}

    return twin


def _backward(function: Callable[..., Any], sample: SampleInput) -> Callable[[str], Any]:
    def twin(device: str) -> Any:
        transfer = Transfer(device)
        value, args, kwargs = transfer((sample.input, sample.args, sample.kwargs))
        result = function(value, *args, **kwargs)
        outputs = tree_leaves(sample.output_process_fn_grad(result))
        losses = [
            _loss(output)
            for output in outputs
            if isinstance(output, torch.Tensor) and output.requires_grad
        ]
        if not losses:
            return {"result": result, "gradients": None}
        leaves = [tensor for tensor in transfer.tensors if tensor.requires_grad]
        gradients = torch.autograd.grad(sum(losses), leaves, allow_unused=True)
        return {"result": result, "gradients": list(gradients)}

    return twin


def _is_strided(sample: SampleInput) -> bool:
    leaves = tree_leaves((sample.input, sample.args, sample.kwargs))
    return all(t.layout is torch.strided for t in leaves if isinstance(t, torch.Tensor))


def _loss(output: torch.Tensor) -> torch.Tensor:
    """A real number that depends on every element of `output`, on each in its own measure."""
    if output.is_nested:
        output = torch.nested.to_padded_tensor(output, 0.0)
    if output.layout is not torch.strided:
        output = output.to_dense()
    if output.is_complex():
        output = torch.view_as_real(output.resolve_conj())
    weights = torch.linspace(0.5, 1.5, output.numel(), dtype=torch.float64)
    weights = weights.to(output.dtype).reshape(output.shape).to(output.device)
    return (output * weights).sum()


def _detour(
    op: OpInfo, dtype: torch.dtype, sample: SampleInput, closeness: Closeness
) -> str | None:
    """CUDA has the narrow type and the CPU does not: near the CPU's result in float32."""

    def twin(device: str) -> Any:
        arguments = (sample.input, sample.args, sample.kwargs)
        if device == "cpu":
            arguments = _with_dtype(arguments, dtype, torch.float32)
        value, args, kwargs = Transfer(device)(arguments)
        result = op.op(value, *args, **kwargs)
        result = tree_map_only(torch.Tensor, torch.resolve_conj, result)  # as `to` does
        if device != "cpu":
            return result
        result = _with_dtype(result, torch.complex64, _COMPLEX_OF.get(dtype, torch.complex64))
        return _with_dtype(result, torch.float32, dtype)

    return difference(twin, _NARROW[dtype] if closeness == EXACT else closeness)


def _with_dtype(tree: Any, old: torch.dtype, new: torch.dtype) -> Any:
    tree = tree_map_only(torch.dtype, lambda d: new if d is old else d, tree)
    return tree_map_only(torch.Tensor, lambda t: t.to(new) if t.dtype is old else t, tree)


def _is_detour(op: OpInfo, dtype: torch.dtype) -> bool:
    on_cpu = op.supported_dtypes("cpu")
    if dtype not in _NARROW or dtype in on_cpu or torch.float32 not in on_cpu:
        return False
    return dtype in op.supported_dtypes("cuda")


def _sharing(result: Any, arguments: list[torch.Tensor]) -> list[tuple[int | None, ...]]:
    """For each resulting tensor: which earlier tensor it is, whose memory it shares, as a view."""
    known = [tensor for tensor in arguments if tensor.layout is torch.strided]
    found = []
    for tensor in tree_leaves(result):
        if not isinstance(tensor, torch.Tensor) or tensor.layout is not torch.strided:
            continue
        same = next((i for i, other in enumerate(known) if other is tensor), None)
        storage = tensor.untyped_storage()._cdata
        sharing = (i for i, other in enumerate(known) if other.untyped_storage()._cdata == storage)
        shared = next(sharing, None)
        found.append((same, shared, None if shared is None else tensor._is_view()))
        known.append(tensor)
    return found
