"""Two virtual GPUs: placement, peer copies, the current device, and what may not be mixed."""

from __future__ import annotations

import threading

import pytest
import torch
import torch.nn as nn

from tests.device import needs_virtual_device

pytestmark = needs_virtual_device

SECOND = torch.device("cuda:1")


def test_two_are_there() -> None:
    assert torch.cuda.device_count() == 2
    assert torch.cuda.can_device_access_peer(0, 1)
    assert torch.cuda.get_device_name(0) == torch.cuda.get_device_name(1)


def test_results_stay_on_the_gpu_of_their_arguments() -> None:
    x = torch.randn(3, 3, device=SECOND, requires_grad=True)
    results = [x @ x, x + 1, x.sum(), x.t(), x[0], torch.zeros_like(x), x.new_ones(2), x.clone()]
    results += [torch.cat((x, x)), *x.split(1), *x.max(0), x.half(), torch.linalg.inv(x)]
    assert {result.device for result in results} == {SECOND}
    (x @ x).sum().backward()
    assert x.grad.device == SECOND
    assert torch.cuda.current_device() == 0


def test_peer_copies() -> None:
    first = torch.arange(6.0, device="cuda:0").view(2, 3)
    second = first.to(SECOND)
    assert second.device == SECOND
    assert second.data_ptr() != first.data_ptr()
    second.add_(1)
    assert first[0, 0].item() == 0
    first.t().copy_(second.t(), non_blocking=True)
    assert torch.equal(first.cpu(), second.cpu())
    assert first.to("cuda:0") is first
    half = torch.empty(2, 3, dtype=torch.float16, device=SECOND).copy_(first)
    assert half.device == SECOND
    assert torch.equal(half.float().cpu(), first.cpu())


def test_gradients_cross_devices() -> None:
    x = torch.ones(3, device="cuda:0", requires_grad=True)
    (x.to(SECOND) * torch.arange(3.0, device=SECOND)).sum().backward()
    assert x.grad.device == x.device
    assert x.grad.tolist() == [0, 1, 2]


def test_current_device() -> None:
    with torch.cuda.device(1):
        assert torch.cuda.current_device() == 1
        assert torch.ones(1, device="cuda").device == SECOND
        assert torch.ones(1).cuda().device == SECOND
        with torch.cuda.device(torch.device("cuda:0")):
            assert torch.ones(1, device="cuda").device.index == 0
        assert torch.cuda.current_stream().device == SECOND
    assert torch.cuda.current_device() == 0
    with torch.cuda.device_of(torch.ones(1, device=SECOND)):
        assert torch.cuda.current_device() == 1
    assert torch.cuda.current_device() == 0


def test_current_device_is_per_thread() -> None:
    seen = []
    torch.cuda.set_device(1)
    try:
        thread = threading.Thread(target=lambda: seen.append(torch.cuda.current_device()))
        thread.start()
        thread.join()
        assert torch.cuda.current_device() == 1
    finally:
        torch.cuda.set_device(0)
    assert seen == [0]


@pytest.mark.parametrize(
    "mix",
    [
        lambda x, y: x + y,
        lambda x, y: x @ y,
        lambda x, y: torch.stack((x, y)),
        lambda x, y: x.addcmul_(y, y),
        lambda x, y: nn.functional.linear(x, y),
        lambda x, y: torch._foreach_add([x], [y]),
    ],
)
def test_mixing_raises(mix) -> None:
    x, y = torch.ones(2, 2, device="cuda:0"), torch.ones(2, 2, device=SECOND)
    with pytest.raises(RuntimeError, match="same device"):
        mix(x, y)


def test_memory_and_seeds_are_counted_apart() -> None:
    before = [torch.cuda.memory_allocated(index) for index in (0, 1)]
    held = torch.ones(256, device=SECOND)
    after = [torch.cuda.memory_allocated(index) for index in (0, 1)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [0, held.nbytes]
    torch.cuda.manual_seed_all(5)
    assert torch.equal(torch.randn(4, device="cuda:0").cpu(), torch.randn(4, device=SECOND).cpu())
    torch.randn(4, device="cuda:0")
    assert not torch.equal(torch.cuda.get_rng_state(0), torch.cuda.get_rng_state(1))


def test_a_model_in_two_halves_trains_as_on_one_gpu() -> None:
    def losses(first: str, second: str) -> list[float]:
        torch.manual_seed(0)
        bottom, top = nn.Linear(4, 8).to(first), nn.Linear(8, 1).to(second)
        optimizer = torch.optim.SGD([*bottom.parameters(), *top.parameters()], lr=0.1)
        found = []
        for _ in range(5):
            x = torch.randn(6, 4).to(first)
            loss = top(bottom(x).relu().to(second)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        return found

    assert losses("cuda:0", "cuda:1") == losses("cpu", "cpu")
