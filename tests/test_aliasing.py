"""Who shares memory with whom: every case must come out on the device as it does on the CPU."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.conformance.twin import difference
from tests.device import DEVICE, needs_virtual_device


def same_as_cpu(case: Callable[[str], Any]) -> None:
    """Fails unless `case(device)` gives equal results and metadata on both devices."""
    case("cpu")
    found = difference(case)
    assert found is None, found


def numbers(device: str, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    count = torch.Size(shape).numel()
    return torch.arange(count, dtype=dtype).reshape(shape).to(device, copy=True)


VIEWS = {
    "alias": lambda x: x[...],
    "as_strided": lambda x: x.as_strided((2, 2), (1, 3), 1),
    "chunk": lambda x: x.chunk(2, 1)[1],
    "data": lambda x: x.data,
    "detach": lambda x: x.detach(),
    "diagonal": lambda x: x.diagonal(),
    "dtype": lambda x: x.view(torch.int32),
    "expand": lambda x: x[:1].expand(5, 6),
    "flatten": lambda x: x.flatten(),
    "movedim": lambda x: x.unsqueeze(0).movedim(0, 2),
    "narrow": lambda x: x.narrow(1, 2, 3),
    "permute": lambda x: x.permute(1, 0),
    "reshape": lambda x: x.reshape(6, 4),
    "reshape that copies": lambda x: x.t().reshape(4, 6),
    "select": lambda x: x[2],
    "slice": lambda x: x[1:, ::2],
    "split": lambda x: x.split([1, 3])[1],
    "squeeze": lambda x: x[None].squeeze(0),
    "transpose": lambda x: x.t(),
    "unbind": lambda x: x.unbind(1)[3],
    "unfold": lambda x: x.unfold(1, 3, 2),
    "unsqueeze": lambda x: x.unsqueeze(-1),
    "view": lambda x: x.view(2, -1),
    "view_as": lambda x: x.view_as(torch.empty(3, 8)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_view(name: str) -> None:
    def case(device: str) -> Any:
        x = numbers(device, 4, 6)
        view = VIEWS[name](x)
        shared = view.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
        offset = view.data_ptr() - x.data_ptr() if shared else None
        before = view._version
        if view.is_floating_point() and name != "expand":
            view.mul_(-1)
        return x, view, shared, offset, view._base is x, view._version - before, x._version

    same_as_cpu(case)


def test_in_place_and_out_keep_the_object() -> None:
    def case(device: str) -> Any:
        x, out = numbers(device, 3), torch.empty(0, device=device)
        address = x.data_ptr()
        kept = [x.add_(1) is x, x.mul_(x) is x, x.clamp_(0, 5) is x, x.data_ptr() == address]
        kept.append(torch.add(x, 1, out=out) is out)
        strided = torch.zeros(3, 2, device=device)
        column = strided[:, 1]
        kept.append(torch.mul(x, 2, out=column) is column)
        pair = torch.empty(0, device=device), torch.empty(0, dtype=torch.int64, device=device)
        result = torch.max(x.view(1, 3), 1, out=pair)
        kept.append(result[0] is pair[0] and result[1] is pair[1])
        return x, out, strided, pair, kept

    same_as_cpu(case)


def test_conjugate_and_negative_bits() -> None:
    def case(device: str) -> Any:
        z = torch.complex(numbers(device, 3) + 1, numbers(device, 3) - 1)
        c = z.conj()
        results = [c.is_conj(), c.data_ptr() == z.data_ptr(), c.imag.is_neg()]
        product = c @ z
        c.mul_(2)
        c.imag.add_(1)
        lines = [z, c, c.imag, product, c.resolve_conj(), c.imag.resolve_neg(), c.conj_physical()]
        return lines, results, torch.view_as_real(z), z.clone().conj().t()

    same_as_cpu(case)


def test_zero_tensor() -> None:
    def case(device: str) -> Any:
        zero = torch._efficientzerotensor((3,), device=device)
        x = numbers(device, 3)
        product = zero * x
        bits = [zero._is_zerotensor(), product._is_zerotensor()]
        return bits, zero + x, product.clone(), x.clone().copy_(zero), -zero, zero.sum()

    same_as_cpu(case)


def test_wrapped_numbers_promote() -> None:
    def case(device: str) -> Any:
        whole, half = numbers(device, 2, dtype=torch.int64), numbers(device, 2).half()
        scalar = torch.tensor(1.5, dtype=torch.float64).to(device)
        return (
            whole + 1.5,
            half * 2.5,
            3 - half,
            half + scalar,
            whole / 2,
            scalar + whole,
            half + 1j,
        )

    same_as_cpu(case)


def test_version_counters() -> None:
    def case(device: str) -> Any:
        x = numbers(device, 4)
        view, detached, data = x[1:], x.detach(), x.data
        view.add_(1)
        torch.add(x, 1, out=x)
        x.copy_(x + 1)
        x.zero_()
        return [t._version for t in (x, view, detached, data)]

    same_as_cpu(case)


def test_backward_notices_what_was_overwritten() -> None:
    def case(device: str) -> Any:
        x = numbers(device, 3).requires_grad_()
        y = x.exp()
        y.add_(1)
        y.sum().backward()

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        case(DEVICE)


def test_lazy_clone_is_a_clone() -> None:
    def case(device: str) -> Any:
        x = numbers(device, 4)
        clone, second = torch._lazy_clone(x), torch._lazy_clone(x)
        total = clone.sum()
        clone.add_(1)
        x[1:].mul_(10)
        second.view(2, 2).t().zero_()
        return x, clone, second, total

    same_as_cpu(case)


def test_memory_of_others_through_dlpack() -> None:
    def case(device: str) -> Any:
        x = numbers(device, 3, 4)
        foreign = torch.from_dlpack(x)
        same = foreign.data_ptr() == x.data_ptr()
        foreign.add_(1)
        foreign[0].zero_()
        weight = torch.ones(4, 2, device=device).requires_grad_()
        (foreign @ weight).sum().backward()
        del x
        gc.collect()
        return foreign, foreign.t().clone(), weight.grad, same

    same_as_cpu(case)


@needs_virtual_device
def test_interfaces_say_cuda() -> None:
    x = numbers(DEVICE, 3)
    assert x.__dlpack_device__() == (2, 0)
    interface = x.__cuda_array_interface__
    assert interface["data"] == (x.data_ptr(), False)
    assert interface["shape"] == (3,)
    assert interface["typestr"] == "<f4"
    assert not hasattr(torch.ones(1), "__cuda_array_interface__")


def test_set() -> None:
    def case(device: str) -> Any:
        x = numbers(device, 6)
        whole, part, empty = (torch.empty(0, device=device) for _ in range(3))
        whole.set_(x)
        part.set_(x.untyped_storage(), 1, (2, 2), (1, 2))
        empty.set_(x).set_()
        whole.add_(1)
        return x, whole, part, empty, part.data_ptr() - x.data_ptr()

    same_as_cpu(case)


def test_resize() -> None:
    def case(device: str) -> Any:
        x = numbers(device, 6)
        view = x[2:4]
        x.resize_(2, 2)
        shrunk = x.clone()
        x.resize_(10)
        x[6:].zero_()
        view.mul_(-1)
        grown = numbers(device, 2).resize_(3, 3)
        grown.view(-1)[2:].fill_(7)
        like = torch.empty(0, device=device).resize_as_(x).fill_(1)
        return x, view, shrunk, grown, like, x.untyped_storage().nbytes()

    same_as_cpu(case)


def test_storage_resize_frees_and_returns_memory() -> None:
    def case(device: str) -> Any:
        x = numbers(device, 4)
        storage = x.untyped_storage()
        storage.resize_(0)
        sizes = [storage.nbytes()]
        storage.resize_(16)
        x.copy_(torch.ones(4))
        return x, sizes, storage.nbytes()

    same_as_cpu(case)


def test_empty_tensors() -> None:
    def case(device: str) -> Any:
        x = torch.empty(0, 3, device=device)
        y = torch.ones(2, 0, device=device)
        results = [x @ numbers(device, 3, 2), y @ x, x.sum(0), x.t(), torch.cat((x, x)), x[:0]]
        results += [x.view(-1), x.clone(), x.add_(1), torch.ones(2, 0, device=device).prod(1)]
        return results, x.data_ptr(), x.nonzero()

    same_as_cpu(case)


def test_data_assignment_and_swap() -> None:
    def case(device: str) -> Any:
        x, y = numbers(device, 3), numbers(device, 2, 2) + 10
        view = x[1:]
        x.data = y
        x.add_(1)
        a, b = numbers(device, 2), numbers(device, 4)
        first = id(a)
        torch.utils.swap_tensors(a, b)
        return x, y, view, a, b, id(a) == first

    same_as_cpu(case)


def test_set_data_across_devices_is_refused() -> None:
    parameter = torch.nn.Parameter(numbers("cpu", 2))
    address = id(parameter)
    parameter.data = parameter.data.to(DEVICE)
    assert parameter.device == torch.device(DEVICE)
    assert id(parameter) == address


@pytest.mark.parametrize(
    "write",
    [lambda x: x[1:].add_(x[:-1]), lambda x: x[:1].expand(3).add_(1)],
)
def test_overlapping_writes_are_refused(write: Callable[[torch.Tensor], Any]) -> None:
    for device in ("cpu", DEVICE):
        with pytest.raises(RuntimeError, match="memory location"):
            write(numbers(device, 4))


def test_threads_share_one_storage() -> None:
    x = torch.zeros(8, 64, device=DEVICE)

    def add(row: int) -> None:
        for _ in range(300):
            x[row].add_(1)
            x.view(-1)[row * 64 : row * 64 + 64].add_(x[row].detach() * 0)

    threads = [threading.Thread(target=add, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.equal(x.cpu(), torch.full((8, 64), 300.0))


@needs_virtual_device
def test_memory_lives_as_long_as_its_last_view() -> None:
    gc.collect()
    before = torch.cuda.memory_allocated()
    x = torch.ones(1024, device=DEVICE)
    view = x[1000:]
    foreign = torch.from_dlpack(x)
    assert torch.cuda.memory_allocated() - before == 4096
    del x
    assert view.sum().item() == 24
    del view
    assert foreign.sum().item() == 1024
    assert torch.cuda.memory_allocated() - before == 4096
    del foreign
    gc.collect()
    assert torch.cuda.memory_allocated() == before
