"""What a CUDA build refuses, in its own words, and what it allows.

The texts are those of PyTorch's sources: `common_device_check_failure` in
ATen/core/op_registration/adaption.cpp, TensorIterator.cpp, TensorAdvancedIndexing.cpp,
tensor_numpy.cpp, Convolution.cpp and CUDACachingAllocator.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.device import needs_virtual_device

pytestmark = needs_virtual_device

SAME = "Expected all tensors to be on the same device, but "


def gpu(*shape: int, index: int = 0) -> torch.Tensor:
    return torch.ones(shape, device=f"cuda:{index}")


def cpu(*shape: int) -> torch.Tensor:
    return torch.ones(shape)


def exact(argument: str, method: str, on: str = "cpu") -> str:
    """The words of an operator that wants all arguments on exactly one device."""
    return (
        f"{SAME}got {argument} is on {on}, different from other tensors on cuda:0 "
        f"(when checking argument in method wrapper_CUDA_{method})"
    )


def iterated(first: str = "cuda:0", second: str = "cpu") -> str:
    """The words of an operator that goes through TensorIterator."""
    return f"{SAME}found at least two devices, {first} and {second}!"


MIXES: dict[str, tuple[Callable[[], Any], str]] = {
    "mm": (lambda: gpu(2, 2) @ cpu(2, 2), exact("mat2", "mm")),
    "mm, other GPU": (
        lambda: gpu(2, 2) @ gpu(2, 2, index=1),
        exact("mat2", "mm", on="cuda:1"),
    ),
    "bmm": (lambda: torch.bmm(gpu(1, 2, 2), cpu(1, 2, 2)), exact("mat2", "bmm")),
    "linear": (
        lambda: torch.nn.Linear(2, 2).cuda()(cpu(3, 2)),
        f"{SAME}got mat1 is on cpu, different from other tensors on cuda:0 "
        "(when checking argument in method wrapper_CUDA_addmm)",
    ),
    "cat": (lambda: torch.cat((gpu(2), cpu(2))), exact("tensors", "cat")),
    "embedding": (
        lambda: F.embedding(torch.tensor([0]), gpu(2, 2)),
        exact("index", "_index_select"),
    ),
    "nll_loss": (
        lambda: F.cross_entropy(gpu(2, 3), torch.tensor([0, 1])),
        exact("target", "nll_loss_forward"),
    ),
    "layer_norm": (
        lambda: F.layer_norm(gpu(2, 3), (3,), cpu(3), cpu(3)),
        exact("weight", "_native_layer_norm"),
    ),
    "gather": (
        lambda: gpu(2, 2).gather(0, torch.zeros(1, 2, dtype=torch.int64)),
        exact("index", "gather"),
    ),
    "add": (lambda: gpu(2) + cpu(2), iterated()),
    "add, CPU first": (lambda: cpu(2) + gpu(2), iterated()),
    "add, other GPU": (lambda: gpu(2) + gpu(2, index=1), iterated("cuda:0", "cuda:1")),
    "add_": (lambda: gpu(2).add_(cpu(2)), iterated()),
    "out": (lambda: torch.add(gpu(2), gpu(2), out=cpu(2)), iterated()),
    "index into the CPU": (
        lambda: cpu(2)[torch.tensor([0], device="cuda")],
        "indices should be either on cpu or on the same device as the indexed tensor (cpu)",
    ),
    "conv2d, CPU input": (
        lambda: F.conv2d(cpu(16, 1, 3, 3), gpu(1, 1, 2, 2)),
        "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the "
        "same",
    ),
    "conv2d, CPU weight": (
        lambda: F.conv2d(gpu(1, 1, 3, 3), cpu(1, 1, 2, 2)),
        "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the "
        "same",
    ),
    "where": (lambda: torch.where(gpu(2) > 0, cpu(2), cpu(2)), iterated()),
    "two CPU scalars": (
        lambda: torch.addcmul(gpu(2), torch.tensor(1.0), torch.tensor(2.0)),
        "Trying to pass too many CPU scalars to non-CPU kernel!",
    ),
    "set_": (
        lambda: gpu(2).set_(cpu(2).untyped_storage()),
        'Attempted to set the storage of a tensor on device "cuda:0" to a storage on different '
        'device "cpu".  This is no longer allowed; the devices must match.',
    ),
    "generator": (
        lambda: torch.randn(2, device="cuda", generator=torch.Generator()),
        "Expected a 'cuda' device type for generator but found 'cpu'",
    ),
    "pin_memory": (
        lambda: gpu(2).pin_memory(),
        "cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned",
    ),
}


@pytest.mark.parametrize("name", MIXES)
def test_mixed_devices(name: str) -> None:
    call, text = MIXES[name]
    with pytest.raises(RuntimeError, match=re.escape(text)):
        call()


def test_the_cpu_may_give_scalars_indices_and_copies() -> None:
    x = gpu(3, 2)
    results = [
        x + torch.tensor(2.0),
        torch.tensor(2.0) * x,
        x.add_(torch.tensor(1.0)),
        x[torch.tensor([0, 2])],
        x[torch.tensor([True, False, True])],
        x.copy_(cpu(3, 2)),
        x.lerp(x, torch.tensor(0.5)),
        x.index_put_((torch.tensor([0]),), torch.tensor(3.0)),
        x.masked_fill(x > 0, torch.tensor(4.0)),
        torch.where(x > 0, x, torch.tensor(0.0)),
    ]
    assert {str(result.device) for result in results} == {"cuda:0"}
    assert str(cpu(3, 2).copy_(x).device) == "cpu"


@pytest.mark.parametrize("convert", [lambda x: x.numpy(), np.asarray, lambda x: np.add(x, 1)])
def test_numpy_asks_for_a_copy(convert: Callable[[torch.Tensor], Any]) -> None:
    text = (
        "can't convert cuda:0 device type tensor to numpy. "
        "Use Tensor.cpu() to copy the tensor to host memory first."
    )
    with pytest.raises(TypeError, match=re.escape(text)):
        convert(gpu(2))


@pytest.mark.parametrize(
    "use",
    [
        lambda: torch.empty(1, device="cuda:9"),
        lambda: cpu(1).to("cuda:9"),
        lambda: cpu(1).cuda(9),
        lambda: torch.cuda.set_device(9),
        lambda: torch.arange(3, device=torch.device("cuda", 9)),
    ],
)
def test_no_such_gpu(use: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match="CUDA error: invalid device ordinal"):
        use()
    assert torch.cuda.current_device() == 0


def test_properties_of_no_such_gpu() -> None:
    with pytest.raises(AssertionError, match="Invalid device id"):
        torch.cuda.get_device_properties(9)


def test_out_of_memory() -> None:
    text = r"CUDA out of memory\. Tried to allocate 1048576\.00 GiB\. GPU 0 has a total capacity of"
    with pytest.raises(torch.OutOfMemoryError, match=text):
        torch.empty(2**50, dtype=torch.uint8, device="cuda")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: x @ x, "\"addmm_cuda\" not implemented for 'Long'"),
        (lambda x: torch.bmm(x[None], x[None]), "\"baddbmm_cuda\" not implemented for 'Long'"),
    ],
)
def test_cuda_has_no_integer_matmul(call: Callable[[torch.Tensor], Any], text: str) -> None:
    with pytest.raises(NotImplementedError, match=re.escape(text)):
        call(torch.ones(2, 2, dtype=torch.int64, device="cuda"))
