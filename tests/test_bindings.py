"""The surface of `torch._C`: every name of a CUDA build, as the kind of object that it is there.

The oracle is `data/cuda_build_names.txt`, read off a CUDA build of PyTorch.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from tests.device import needs_virtual_device

pytestmark = needs_virtual_device


class Name(NamedTuple):
    """One name of a CUDA build's `torch._C`."""

    name: str
    kind: str
    bases: list[str]
    members: dict[str, str]


def read_names() -> list[Name]:
    """Read the checked-in list."""
    names: list[Name] = []
    text = (Path(__file__).parent / "data" / "cuda_build_names.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("    "):
            member, kind = line.split()
            names[-1].members[member] = kind
        elif not line.startswith("#"):
            name, kind, *bases = line.split()
            names.append(Name(name, kind, bases, {}))
    return names


NAMES = read_names()


def qualified(cls: type) -> str:
    """Write a class as the list does."""
    return cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"


@pytest.mark.parametrize("entry", NAMES, ids=lambda entry: entry.name)
def test_name_is_there_as_in_a_cuda_build(entry: Name) -> None:
    found = getattr(torch._C, entry.name)
    assert not (isinstance(found, type) and found.__module__ == "torch._utils"), "a dummy"
    if entry.kind == "class":
        assert inspect.isclass(found)
        assert [qualified(base) for base in found.__mro__[1:]] == entry.bases
        kinds = {member: type(vars(found)[member]).__name__ for member in entry.members}
        assert kinds == entry.members
    elif entry.kind == "module":
        assert inspect.ismodule(found)
    elif entry.kind == "flag":
        assert isinstance(found, bool)
    else:
        assert inspect.isbuiltin(found)


def test_the_list_is_whole() -> None:
    assert len(NAMES) == 143
    assert sum(len(entry.members) for entry in NAMES) == 74


def test_exchange_functions_are_two_objects() -> None:
    """Dynamo registers a handler for each and refuses one that it knows (torch/_dynamo)."""
    assert torch._C._cuda_exchangeDevice is not torch._C._cuda_maybeExchangeDevice


@pytest.mark.parametrize(
    "module",
    [
        "torch.cuda.gds",
        "torch.cuda.jiterator",
        "torch.cuda.nccl",
        "torch.cuda.tunable",
        "torch.backends.cudnn",
        "torch.backends.cusparselt",
        "torch.distributed",
        "torch.optim",
        "torch._dynamo",
        "torch._inductor.compile_fx",
        "torch._inductor.cudagraph_trees",
        "torch.testing._internal.common_cuda",
        "torch.utils.data",
    ],
)
def test_module_imports(module: str) -> None:
    importlib.import_module(module)


def test_no_dummy_is_left() -> None:
    """Modules of torch.cuda put dummies on `torch._C` for what a build lacks (torch._utils)."""
    importlib.import_module("torch.cuda.gds")
    dummies = {
        name
        for name, value in vars(torch._C).items()
        if getattr(value, "__module__", None) in ("torch._utils", "torch.cuda.gds")
    }
    assert {name for name in dummies if "cuda" in name.lower() or "gds" in name} == set()


def unavailable_calls() -> dict[str, object]:
    """Calls of what the device does not have, by the name that the error must give."""
    graph = torch.cuda.CUDAGraph()
    storage = torch.UntypedStorage(8, device="cuda")
    return {
        "torch.cuda.CUDAGraph.capture_begin": graph.capture_begin,
        "torch.cuda.CUDAGraph.replay": graph.replay,
        "torch.cuda.graph_pool_handle": torch.cuda.graph_pool_handle,
        "torch.cuda.MemPool": torch.cuda.MemPool,
        "torch.cuda.memory_snapshot": torch.cuda.memory_snapshot,
        "torch.cuda.memory._record_memory_history": torch.cuda.memory._record_memory_history,
        "torch.cuda.current_blas_handle": torch.cuda.current_blas_handle,
        "torch.cuda.tunable.is_enabled": torch.cuda.tunable.is_enabled,
        "torch.cuda.gds.gds_register_buffer": lambda: torch.cuda.gds.gds_register_buffer(storage),
        "torch.UntypedStorage._share_cuda_": storage._share_cuda_,
        "torch.cuda.Event.ipc_handle": torch.cuda.Event(interprocess=True).ipc_handle,
        "torch.backends.cusparselt.version": torch._C._cusparselt.getVersionInt,
    }


def test_what_is_missing_names_itself() -> None:
    for name, call in unavailable_calls().items():
        with pytest.raises(NotImplementedError) as caught:
            call()
        assert str(caught.value).startswith(
            f"{name}: not available on TorchDevice's virtual device"
        )


def test_no_stream_is_capturing() -> None:
    assert torch.cuda.is_current_stream_capturing() is False
    assert torch.accelerator.current_stream().query()


def test_run_backward_keeps_its_kind_and_runs_on_the_calling_thread() -> None:
    """A method of the engine type as before; nodes see multithreading off (engine.cpp)."""
    engine = torch.autograd.Variable._execution_engine
    assert type(type(engine).__dict__["run_backward"]).__name__ == "method_descriptor"
    seen = []
    x = torch.ones(2, device="cuda", requires_grad=True)
    y = x * 2
    y.register_hook(lambda grad: seen.append(torch.autograd.is_multithreading_enabled()))
    assert torch.autograd.is_multithreading_enabled()
    y.sum().backward()
    assert seen == [False]
    assert torch.autograd.is_multithreading_enabled()
    assert x.grad.tolist() == [2.0, 2.0]


def test_empty_strided_cuda() -> None:
    """Inductor's generated code calls it with size, stride and dtype."""
    made = torch._C._dynamo.guards._empty_strided_cuda((2, 3), (1, 2), torch.float16)
    assert (made.device.type, made.dtype, made.stride()) == ("cuda", torch.float16, (1, 2))
