"""Eight Python threads at work on one virtual GPU, each with its own backward passes.

The oracle is the same work done by one thread. `make tsan` runs the C++ side of this
(`ThreadsShareTensors`) under ThreadSanitizer.
"""

from __future__ import annotations

import gc
import threading

import torch
import torch.nn as nn

from tests.device import DEVICE, needs_virtual_device

THREADS = 8
STEPS = 30


def train(seed: int, data: torch.Tensor) -> list[float]:
    """Losses of a small model on data that other threads read too."""
    weights = torch.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))
    for parameter in model.parameters():
        with torch.no_grad():
            parameter.copy_(torch.randn(parameter.shape, generator=weights) / 4)
    model.to(DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = (model(data) - data.sum(1, keepdim=True)).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def run_in_threads(work) -> list:
    """The results of `work(0)` to `work(THREADS - 1)`, each in a thread that starts with all."""
    results: list = [None] * THREADS
    barrier = threading.Barrier(THREADS)

    def run(index: int) -> None:
        barrier.wait()
        try:
            results[index] = work(index)
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_training_in_threads_is_training_alone() -> None:
    data = torch.randn(32, 8, generator=torch.Generator().manual_seed(0)).to(DEVICE)
    alone = [train(seed, data) for seed in range(THREADS)]
    assert run_in_threads(lambda seed: train(seed, data)) == alone


@needs_virtual_device
def test_memory_of_threads_returns() -> None:
    data = torch.ones(32, 8, device=DEVICE)
    gc.collect()
    before = torch.cuda.memory_allocated()
    results = run_in_threads(lambda seed: len(train(seed, data)))
    gc.collect()
    assert results == [STEPS] * THREADS
    assert torch.cuda.memory_allocated() == before


def test_one_graph_from_many_threads() -> None:
    """Gradients of threads add up in a shared leaf, as `torch.autograd` documents for the CPU."""
    leaf = torch.zeros(4, device=DEVICE, requires_grad=True)
    lock = threading.Lock()

    def work(index: int) -> bool:
        value = (leaf * float(index + 1)).sum()
        with lock:
            value.backward()
        return True

    assert run_in_threads(work) == [True] * THREADS
    assert leaf.grad.tolist() == [float(sum(range(1, THREADS + 1)))] * 4


@needs_virtual_device
def test_current_device_and_stream_belong_to_the_thread() -> None:
    def work(index: int) -> tuple[int, bool, str]:
        with torch.cuda.device(index % 2), torch.cuda.stream(torch.cuda.Stream()) as _:
            made = torch.ones(1, device="cuda")
            own = torch.cuda.current_stream() != torch.cuda.default_stream()
            return torch.cuda.current_device(), own, str(made.device)

    assert run_in_threads(work) == [(i % 2, True, f"cuda:{i % 2}") for i in range(THREADS)]
    assert torch.cuda.current_device() == 0
