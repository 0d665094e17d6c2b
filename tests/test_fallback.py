"""Operators that are not known when TorchDevice is built: other libraries', for the CPU only.

The oracle is the same operator on CPU tensors.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.device import DEVICE

SCHEMAS = (
    "scaled(Tensor x, float by) -> Tensor",
    "grow_(Tensor(a!) x, Tensor[] by) -> Tensor(a!)",
    "halves(Tensor x, Tensor?[] rest) -> (Tensor, Tensor[])",
    "tail(Tensor(a) x) -> Tensor(a)",
    "noise(Tensor x, *, Generator? generator=None) -> Tensor",
    "made(int size, Tensor like, Device? device=None) -> Tensor",
    "widened(Tensor x, *, Tensor(a!) out) -> Tensor(a!)",
    "missing(Tensor x) -> Tensor",
)


def scaled(x: torch.Tensor, by: float) -> torch.Tensor:
    assert x.device.type == "cpu"
    return x * by


def grow_(x: torch.Tensor, by: list[torch.Tensor]) -> torch.Tensor:
    for other in by:
        x.add_(other)
    return x


def halves(
    x: torch.Tensor, rest: list[torch.Tensor | None]
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    return x / 2, [other / 2 for other in rest if other is not None]


def tail(x: torch.Tensor) -> torch.Tensor:
    return x[1:]


def noise(x: torch.Tensor, *, generator: torch.Generator | None = None) -> torch.Tensor:
    return torch.empty_like(x).uniform_(generator=generator)


def made(size: int, like: torch.Tensor, device: torch.device | None = None) -> torch.Tensor:
    return torch.full((size,), 2.0, device=device)


def widened(x: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
    out.resize_(2 * x.numel())
    return out.copy_(torch.cat([x, x]))


@pytest.fixture(scope="module")
def ops() -> Iterator[object]:
    """The operators of a library whose kernels are registered for the CPU only."""
    library = torch.library.Library("torchdevice_test", "DEF")
    for schema in SCHEMAS:
        library.define(schema)
    for kernel in (scaled, grow_, halves, tail, noise, made, widened):
        library.impl(kernel.__name__, kernel, "CPU")
    yield torch.ops.torchdevice_test
    library._destroy()


def test_results_are_on_the_device(ops: object) -> None:
    x = torch.arange(4.0)
    result = ops.scaled(x.to(DEVICE), 3.0)
    assert result.device == torch.device(DEVICE)
    assert torch.equal(result.cpu(), ops.scaled(x, 3.0))


def test_in_place_returns_the_argument(ops: object) -> None:
    x = torch.zeros(3, device=DEVICE)
    one = torch.ones(3, device=DEVICE)
    assert ops.grow_(x, [one, one]) is x
    assert x.tolist() == [2.0, 2.0, 2.0]


def test_lists_with_none(ops: object) -> None:
    x = torch.ones(2, device=DEVICE)
    half, rest = ops.halves(x, [None, x, x])
    assert [t.device for t in (half, *rest)] == [torch.device(DEVICE)] * 3
    assert rest[1].tolist() == [0.5, 0.5]


def test_views_share_memory(ops: object) -> None:
    x = torch.zeros(3, device=DEVICE)
    ops.tail(x).fill_(5)
    assert x.tolist() == [0.0, 5.0, 5.0]


def test_random_numbers_come_from_the_cuda_generator(ops: object) -> None:
    x = torch.zeros(5, device=DEVICE)
    cpu_state = torch.get_rng_state()
    torch.cuda.manual_seed(3)
    first = ops.noise(x)
    assert torch.equal(torch.get_rng_state(), cpu_state)
    torch.cuda.manual_seed(3)
    assert torch.equal(ops.noise(x), first)
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator"):
        ops.noise(x, generator=torch.Generator("cpu"))


def test_a_device_argument_means_the_device(ops: object) -> None:
    like = torch.zeros(1, device=DEVICE)
    assert ops.made(2, like, DEVICE).device == torch.device(DEVICE)


def test_out_is_resized(ops: object) -> None:
    x = torch.ones(2, device=DEVICE)
    out = torch.empty(0, device=DEVICE)
    assert ops.widened(x, out=out) is out
    assert out.tolist() == [1.0] * 4


def test_no_kernel_at_all_raises_as_on_cuda(ops: object) -> None:
    """The dispatcher's words for an operator without a kernel (OperatorEntry::reportError)."""
    with pytest.raises(
        NotImplementedError, match=r"Could not run 'torchdevice_test::missing' with"
    ):
        ops.missing(torch.ones(1, device=DEVICE))


def test_autograd_of_a_custom_operator() -> None:
    @torch.library.custom_op("torchdevice_test2::cubed", mutates_args=(), device_types="cpu")
    def cubed(x: torch.Tensor) -> torch.Tensor:
        return x**3

    cubed.register_autograd(
        lambda ctx, grad: grad * 3 * ctx.saved_tensors[0] ** 2,
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(inputs[0]),
    )
    x = torch.tensor([1.0, 2.0], device=DEVICE, requires_grad=True)
    cubed(x).sum().backward()
    assert x.grad.device == torch.device(DEVICE)
    assert x.grad.tolist() == [3.0, 12.0]
