"""`torch.cuda`: devices, streams, events, memory, random numbers, communication, small modules.

Oracles: the documentation of torch.cuda and PyTorch's C++ sources, named in each docstring.
"""

from __future__ import annotations

import ctypes
import gc
import threading
import time
import weakref

import pytest
import torch
import torch.cuda.comm

from tests.device import needs_virtual_device

pytestmark = needs_virtual_device

MIB = 1 << 20


@pytest.fixture(autouse=True)
def _first_device() -> None:
    torch.cuda.set_device(0)
    gc.collect()


# --- devices --------------------------------------------------------------------------------------


def test_availability() -> None:
    assert torch.cuda.is_available()
    assert torch.cuda.device_count() == 2
    assert torch.backends.cuda.is_built()
    assert torch.backends.cudnn.is_available()
    assert torch.accelerator.current_accelerator() == torch.device("cuda")
    torch.cuda.init()
    assert torch.cuda.is_initialized()


def test_current_device() -> None:
    """torch.cuda.set_device and the context managers; negative ordinals do nothing."""
    assert torch.cuda.current_device() == 0
    with torch.cuda.device(1):
        assert torch.cuda.current_device() == 1
        assert torch.empty(1, device="cuda").device.index == 1
        with torch.cuda.device(-1):
            assert torch.cuda.current_device() == 1
        with torch.cuda.device_of(torch.empty(1, device="cuda:0")):
            assert torch.cuda.current_device() == 0
    assert torch.cuda.current_device() == 0
    torch.cuda.set_device(-1)
    torch.cuda.set_device("cuda:1")
    assert torch.cuda.current_device() == 1


def test_current_device_is_of_the_thread() -> None:
    seen = []
    torch.cuda.set_device(1)
    thread = threading.Thread(target=lambda: seen.append(torch.cuda.current_device()))
    thread.start()
    thread.join()
    assert seen == [0]


@pytest.mark.parametrize("device", [2, 127, 128, 300])
def test_bad_ordinal(device: int) -> None:
    """c10::cuda::set_device through C10_CUDA_CHECK."""
    with pytest.raises(RuntimeError, match="CUDA error: invalid device ordinal"):
        torch.cuda.set_device(device)
    with pytest.raises(AssertionError, match="Invalid device id"):
        torch.cuda.get_device_properties(device)


def test_exchange_device() -> None:
    """THCPModule_exchangeDevice: -1 stays -1 and changes nothing."""
    assert torch._C._cuda_exchangeDevice(1) == 0
    assert torch._C._cuda_maybeExchangeDevice(0) == 1
    assert torch._C._cuda_exchangeDevice(-1) == -1
    assert torch.cuda.current_device() == 0
    with pytest.raises(RuntimeError):
        torch._C._cuda_exchangeDevice("0")


def test_properties() -> None:
    properties = torch.cuda.get_device_properties(1)
    assert torch.cuda.get_device_name(1) == properties.name
    assert torch.cuda.get_device_capability(1) == (properties.major, properties.minor)
    assert properties.total_memory == torch.cuda.mem_get_info(1)[1]
    assert properties.warp_size == 32
    text = repr(properties)
    assert text.startswith(f"_CudaDeviceProperties(name='{properties.name}', major=")
    assert f"total_memory={properties.total_memory // MIB}MB" in text
    assert len(str(properties.uuid)) == 36
    assert bytes(properties.uuid.bytes).hex() == str(properties.uuid).replace("-", "")
    assert str(properties.uuid) != str(torch.cuda.get_device_properties(0).uuid)
    assert properties is torch.cuda.get_device_properties(1)


def test_architectures_and_versions() -> None:
    """torch.cuda.get_arch_list covers the card, so that _check_capability stays silent."""
    major, minor = torch.cuda.get_device_capability()
    assert f"sm_{major}{minor}" in torch.cuda.get_arch_list()
    compiled = torch._C._cuda_getCompiledVersion()
    assert torch.version.cuda == f"{compiled // 1000}.{compiled % 1000 // 10}"
    assert torch.backends.cudnn.version() == torch._C._cudnn.getVersionInt()
    assert len(torch.cuda.nccl.version()) == 3


def test_peer_access() -> None:
    assert torch.cuda.can_device_access_peer(0, 1)
    assert not torch.cuda.can_device_access_peer(1, 1)
    with pytest.raises(AssertionError, match="Invalid peer device id"):
        torch.cuda.can_device_access_peer(0, 2)


def test_synchronize() -> None:
    torch.cuda.synchronize()
    torch.cuda.synchronize("cuda:1")
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.cuda.synchronize(2)


def test_sleep_takes_its_cycles() -> None:
    """at::cuda::sleep spins for so many clock cycles."""
    cycles = 20_000_000
    clock_khz = torch.cuda.get_device_properties(0).clock_rate
    start = time.perf_counter()
    torch.cuda._sleep(cycles)
    torch.cuda.synchronize()
    assert time.perf_counter() - start >= cycles / (clock_khz * 1000)


def test_sync_debug_mode() -> None:
    """c10::cuda::warning_state: kept, and validated."""
    try:
        torch.cuda.set_sync_debug_mode("warn")
        assert torch.cuda.get_sync_debug_mode() == 1
        torch.cuda.set_sync_debug_mode(2)
        assert torch.cuda.get_sync_debug_mode() == 2
        with pytest.raises(RuntimeError, match="invalid value of debug_mode"):
            torch.cuda.set_sync_debug_mode(3)
    finally:
        torch.cuda.set_sync_debug_mode("default")


# --- streams --------------------------------------------------------------------------------------


def test_stream_is_a_torch_stream() -> None:
    stream = torch.cuda.Stream(device=1)
    assert isinstance(stream, torch.Stream)
    assert stream.device == torch.device("cuda:1")
    assert stream.cuda_stream != 0
    assert stream.query()
    stream.synchronize()
    assert stream.priority == 0
    assert stream == torch.cuda.Stream(
        stream_id=stream.stream_id, device_index=1, device_type=stream.device_type
    )
    assert stream != torch.cuda.Stream(device=1)
    assert len({stream, torch.cuda.current_stream(1), stream}) == 2


def test_stream_priorities() -> None:
    """c10::cuda::CUDAStream::priority_range: what the card has, but down to -3 at most."""
    assert torch.cuda.Stream.priority_range() == (0, -3)
    assert torch.cuda.Stream(priority=-1).priority == -1


def test_default_stream_is_null() -> None:
    assert torch.cuda.default_stream().cuda_stream == 0
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    assert torch._C._cuda_getCurrentRawStream(0) == 0


def test_stream_context() -> None:
    """torch.cuda.stream: current inside, restored behind, also on another device."""
    stream = torch.cuda.Stream()
    other = torch.cuda.Stream(device=1)
    with torch.cuda.stream(stream):
        assert torch.cuda.current_stream() == stream
        assert torch._C._cuda_getCurrentRawStream(0) == stream.cuda_stream
        x = torch.ones(2, device="cuda") + 1
        with torch.cuda.stream(other):
            assert torch.cuda.current_device() == 1
            assert torch.cuda.current_stream() == other
        assert torch.cuda.current_device() == 0
        assert torch.cuda.current_stream() == stream
        with torch.cuda.stream(None):
            assert torch.cuda.current_stream() == stream
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    assert torch.cuda.current_stream(1) == torch.cuda.default_stream(1)
    torch.cuda.current_stream().wait_stream(stream)
    assert x.tolist() == [2, 2]


def test_external_stream() -> None:
    """A handle made elsewhere survives the round trip (c10::cuda::getStreamFromExternal)."""
    handle = ctypes.c_void_p()
    cudart = torch.cuda.cudart()
    torch.cuda.check_error(cudart.cudaStreamCreate(ctypes.addressof(handle)))
    try:
        stream = torch.cuda.ExternalStream(handle.value)
        assert stream.cuda_stream == handle.value
        assert torch.cuda.get_stream_from_external(handle.value, device=0) == stream
        with torch.cuda.stream(stream):
            assert torch.cuda.current_stream().cuda_stream == handle.value
        with pytest.raises(RuntimeError, match="Priority was explicitly set for a external stream"):
            torch.cuda.Stream(stream_ptr=handle.value, priority=-1)
    finally:
        torch.cuda.check_error(cudart.cudaStreamDestroy(handle.value))


def test_generic_streams_and_events_mix_with_those_of_cuda() -> None:
    generic = torch.Stream(device="cuda:0")
    event = torch.cuda.Event()
    event.record(generic)
    event.wait(generic)
    generic.wait_event(event)
    torch.cuda.Stream().wait_stream(generic)
    any_event = torch.Event(device="cuda")
    any_event.record(torch.cuda.Stream())
    torch.cuda.current_stream().wait_event(any_event)
    with pytest.raises(TypeError):
        event.record(3)


def test_record_stream() -> None:
    x = torch.ones(4, device="cuda")
    x.record_stream(torch.cuda.Stream())
    assert x.sum().item() == 4


def test_streams_and_events_are_released() -> None:
    """The base types' deallocation frees: an instance goes once, with its weak references."""

    class Mine(torch.cuda.Stream):
        pass

    references = []
    for _ in range(200):
        stream = Mine()
        with stream:
            event = stream.record_event()
        event.synchronize()
        references += [weakref.ref(stream), weakref.ref(event)]
    del stream, event
    gc.collect()
    assert [reference() for reference in references] == [None] * 400


# --- events ---------------------------------------------------------------------------------------


def test_event_timing() -> None:
    start = torch.cuda.Event(enable_timing=True)
    end = torch.cuda.Event(enable_timing=True)
    began = time.perf_counter()
    start.record()
    torch.cuda._sleep(10_000_000)
    end.record()
    end.synchronize()
    elapsed = start.elapsed_time(end)
    assert 0 < elapsed <= (time.perf_counter() - began) * 1000


def test_event_is_lazy() -> None:
    """at::cuda::CUDAEvent is created by its first record."""
    event = torch.cuda.Event()
    assert event.device is None
    assert event.cuda_event == 0
    assert event.query()
    assert repr(event) == "<torch.cuda.Event uninitialized>"
    event.synchronize()
    event.record(torch.cuda.Stream(device=1))
    assert event.device == torch.device("cuda:1")
    assert event.cuda_event != 0
    assert event.query()


def test_event_errors() -> None:
    """ATen/cuda/CUDAEvent.h, elapsed_time and record."""
    timed = torch.cuda.Event(enable_timing=True)
    untimed = torch.cuda.Event()
    other = torch.cuda.Event(enable_timing=True)
    with pytest.raises(ValueError, match="must be recorded before calculating elapsed time"):
        timed.elapsed_time(other)
    timed.record()
    untimed.record()
    with pytest.raises(ValueError, match="created with argument 'enable_timing=True'"):
        timed.elapsed_time(untimed)
    with pytest.raises(RuntimeError, match="does not match recording stream's device"):
        timed.record(torch.cuda.Stream(device=1))
    with pytest.raises(TypeError):
        timed.elapsed_time(1.0)


# --- memory ---------------------------------------------------------------------------------------


def test_memory_is_counted() -> None:
    """c10::CachingDeviceAllocator: sizes are rounded up to 512 bytes."""
    before = torch.cuda.memory_allocated()
    x = torch.empty(1000, dtype=torch.uint8, device="cuda")
    assert torch.cuda.memory_allocated() == before + 1024
    y = x.view(10, 100)[3:]
    del x
    assert torch.cuda.memory_allocated() == before + 1024
    del y
    assert torch.cuda.memory_allocated() == before


def test_peaks() -> None:
    torch.cuda.reset_peak_memory_stats()
    base = torch.cuda.memory_allocated()
    torch.empty(4 * MIB, dtype=torch.uint8, device="cuda")
    assert torch.cuda.max_memory_allocated() == base + 4 * MIB
    torch.cuda.reset_peak_memory_stats()
    assert torch.cuda.max_memory_allocated() == torch.cuda.memory_allocated()
    assert torch.cuda.memory_reserved() >= torch.cuda.memory_allocated()


def test_memory_stats_have_every_key() -> None:
    """The keys that torch.cuda.memory_stats documents."""
    stats = torch.cuda.memory_stats()
    kinds = [
        "allocation",
        "segment",
        "active",
        "inactive_split",
        "allocated_bytes",
        "reserved_bytes",
        "active_bytes",
        "inactive_split_bytes",
        "requested_bytes",
    ]
    metrics = ("current", "peak", "allocated", "freed")
    expected = {
        f"{kind}.{pool}.{metric}"
        for kind in kinds
        for pool in ("all", "small_pool", "large_pool")
        for metric in metrics
    }
    expected |= {f"oversize_{kind}.{m}" for kind in ("allocations", "segments") for m in metrics}
    expected |= {
        "num_alloc_retries",
        "num_ooms",
        "num_sync_all_streams",
        "num_device_alloc",
        "num_device_free",
        "num_oom_rejections",
        "max_split_size",
    }
    assert set(stats) == expected
    assert all(isinstance(value, int) for value in stats.values())
    assert "Allocated memory" in torch.cuda.memory_summary()
    assert "Allocated memory" in torch.cuda.memory_summary(1, abbreviated=True)


def test_accumulated_stats() -> None:
    torch.empty(MIB, dtype=torch.uint8, device="cuda")
    assert torch.cuda.memory_stats()["allocated_bytes.all.allocated"] >= MIB
    torch.cuda.reset_accumulated_memory_stats()
    stats = torch.cuda.memory_stats()
    assert stats["allocated_bytes.all.allocated"] == stats["allocated_bytes.all.freed"] == 0
    torch.cuda.empty_cache()


def test_mem_get_info() -> None:
    free, total = torch.cuda.mem_get_info()
    x = torch.empty(64 * MIB, dtype=torch.uint8, device="cuda")
    assert torch.cuda.mem_get_info() == (free - 64 * MIB, total)
    assert torch.cuda.mem_get_info(1)[1] == total
    del x
    torch.cuda.empty_cache()


def test_out_of_memory_is_an_error_that_a_program_recovers_from() -> None:
    """c10::cuda::CUDACachingAllocator's OutOfMemoryError."""
    total = torch.cuda.mem_get_info()[1]
    with pytest.raises(torch.OutOfMemoryError, match=r"CUDA out of memory\. Tried to allocate"):
        torch.empty(total + 1, dtype=torch.uint8, device="cuda")
    with pytest.raises(torch.cuda.OutOfMemoryError):
        torch.UntypedStorage(total + 1, device="cuda")
    assert torch.ones(3, device="cuda").sum().item() == 3


def test_memory_fraction() -> None:
    """torch.cuda.set_per_process_memory_fraction."""
    total = torch.cuda.mem_get_info()[1]
    assert torch.cuda.get_per_process_memory_fraction() == 1.0
    try:
        torch.cuda.set_per_process_memory_fraction(0.25)
        assert torch.cuda.get_per_process_memory_fraction() == 0.25
        with pytest.raises(torch.OutOfMemoryError):
            torch.empty(total // 2, dtype=torch.uint8, device="cuda")
        with pytest.raises(ValueError, match="Invalid fraction value"):
            torch.cuda.set_per_process_memory_fraction(1.5)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_raw_blocks() -> None:
    """torch.cuda.caching_allocator_alloc and _delete."""
    before = torch.cuda.memory_allocated(1)
    address = torch.cuda.caching_allocator_alloc(4096, device=1)
    assert torch.cuda.memory_allocated(1) == before + 4096
    torch.cuda.caching_allocator_delete(address)
    assert torch.cuda.memory_allocated(1) == before
    with pytest.raises(RuntimeError, match="invalid device pointer"):
        torch.cuda.caching_allocator_delete(address)
    with torch.cuda.caching_allocator_disabled():
        assert not torch._C._cuda_cudaCachingAllocator_is_enabled()
        assert torch.ones(1, device="cuda").item() == 1
    assert torch.cuda.get_allocator_backend() == "native"


def test_pinned_memory_is_counted() -> None:
    """The keys that torch.cuda.host_memory_stats documents."""
    pinned = torch.empty(1000, dtype=torch.uint8, pin_memory=True)
    stats = torch.cuda.host_memory_stats()
    assert pinned.is_pinned()
    assert not torch.empty(8).is_pinned()
    assert stats["active_bytes.current"] >= 1000
    kinds = {key.split(".")[0] for key in stats}
    assert kinds == {
        "num_host_alloc",
        "num_host_free",
        "allocations",
        "allocated_bytes",
        "active_requests",
        "active_bytes",
        "host_alloc_time",
        "host_free_time",
    }
    torch.cuda.reset_peak_host_memory_stats()
    torch.cuda.reset_accumulated_host_memory_stats()
    torch._C._host_emptyCache()


def test_accelerator_memory_agrees() -> None:
    x = torch.empty(MIB, dtype=torch.uint8, device="cuda")
    assert torch.accelerator.memory_allocated() == torch.cuda.memory_allocated()
    assert torch.accelerator.max_memory_allocated() == torch.cuda.max_memory_allocated()
    del x


# --- random numbers -------------------------------------------------------------------------------


def test_seeds_reproduce() -> None:
    torch.cuda.manual_seed(5)
    first = torch.rand(4, device="cuda")
    torch.cuda.manual_seed_all(5)
    assert torch.equal(torch.rand(4, device="cuda"), first)
    assert torch.cuda.initial_seed() == 5
    torch.manual_seed(5)
    assert torch.equal(torch.rand(4, device="cuda"), first)


def test_cuda_and_cpu_draw_apart() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    torch.rand(100, device="cuda")
    assert torch.equal(torch.rand(3), expected)


def test_state_is_seed_and_offset() -> None:
    """at::CUDAGeneratorImpl::get_state: 16 bytes."""
    torch.cuda.manual_seed(7)
    state = torch.cuda.get_rng_state()
    assert (state.numel(), state.dtype, state.device.type) == (16, torch.uint8, "cpu")
    first = torch.randn(5, device="cuda")
    assert not torch.equal(torch.cuda.get_rng_state(), state)
    torch.cuda.set_rng_state(state)
    assert torch.equal(torch.randn(5, device="cuda"), first)
    states = torch.cuda.get_rng_state_all()
    assert len(states) == 2
    torch.cuda.set_rng_state_all(states)


def test_generators_are_per_device() -> None:
    assert len(torch.cuda.default_generators) == 2
    assert [g.device.index for g in torch.cuda.default_generators] == [0, 1]
    generator = torch.Generator("cuda:1").manual_seed(3)
    first = torch.rand(2, device="cuda:1", generator=generator)
    generator.manual_seed(3)
    assert torch.equal(torch.rand(2, device="cuda:1", generator=generator), first)
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator"):
        torch.rand(2, device="cuda", generator=torch.Generator())
    with pytest.raises(RuntimeError, match="Expected a 'cpu' device type for generator"):
        torch.rand(2, generator=generator)


def test_fork_rng() -> None:
    torch.cuda.manual_seed_all(1)
    with torch.random.fork_rng(devices=[0, 1]):
        torch.rand(3, device="cuda")
    after = torch.rand(3, device="cuda")
    torch.cuda.manual_seed_all(1)
    assert torch.equal(torch.rand(3, device="cuda"), after)


# --- several devices ------------------------------------------------------------------------------


def test_broadcast_scatter_gather() -> None:
    """torch.cuda.comm."""
    x = torch.arange(8.0, device="cuda:0").view(4, 2)
    first, second = torch.cuda.comm.broadcast(x, (0, 1))
    assert first is x or first.data_ptr() == x.data_ptr()
    assert second.device.index == 1
    assert torch.equal(second.cpu(), x.cpu())

    parts = torch.cuda.comm.scatter(x, (0, 1), chunk_sizes=(1, 3), dim=0)
    assert [tuple(part.shape) for part in parts] == [(1, 2), (3, 2)]
    assert torch.equal(torch.cuda.comm.gather(parts, dim=0, destination=1).cpu(), x.cpu())
    assert torch.cuda.comm.gather(parts, dim=0, destination=-1).device.type == "cpu"

    outputs = [torch.empty(2, 2, device=f"cuda:{i}") for i in (0, 1)]
    torch.cuda.comm.scatter(x, out=outputs, dim=0)
    assert torch.equal(outputs[1].cpu(), x[2:].cpu())
    torch.cuda.comm.broadcast(x[0], out=[o[0] for o in outputs])
    assert torch.equal(outputs[1][0].cpu(), x[0].cpu())
    gathered = torch.empty(4, 2, device="cuda:0")
    torch.cuda.comm.gather(outputs, dim=0, out=gathered)
    assert torch.equal(gathered[2].cpu(), x[0].cpu())

    lists = torch.cuda.comm.broadcast_coalesced([x, x[0]], (0, 1))
    assert torch.equal(lists[1][1].cpu(), x[0].cpu())
    total = torch.cuda.comm.reduce_add([x, second], destination=1)
    assert torch.equal(total.cpu(), 2 * x.cpu())


def test_comm_errors() -> None:
    """torch/csrc/cuda/comm.cpp."""
    x = torch.ones(4, device="cuda:1")
    with pytest.raises(RuntimeError, match="must appear as the first on devices list"):
        torch.cuda.comm.broadcast(x, (0, 1))
    with pytest.raises(RuntimeError, match="given chunk sizes don't sum up"):
        torch.cuda.comm.scatter(x, (0, 1), chunk_sizes=(1, 1))
    with pytest.raises(RuntimeError, match="Expected all input tensors to be CUDA tensors"):
        torch.cuda.comm.gather([torch.ones(1)])
    with pytest.raises(RuntimeError, match="has invalid shape"):
        torch.cuda.comm.gather([x.view(2, 2), torch.ones(1, 3, device="cuda")])


@pytest.mark.parametrize(("op", "expected"), [(0, 7.0), (1, 12.0), (2, 4.0), (3, 3.0)])
def test_nccl_reductions(op: int, expected: float) -> None:
    """ncclRedOp_t: sum, product, maximum, minimum."""
    inputs = [torch.full((4,), 3.0, device="cuda:0"), torch.full((4,), 4.0, device="cuda:1")]
    outputs = [torch.empty_like(x) for x in inputs]
    torch.cuda.nccl.all_reduce(inputs, outputs, op=op)
    assert [o.tolist() for o in outputs] == [[expected] * 4] * 2
    torch.cuda.nccl.reduce(inputs, outputs[1], root=1, op=op)
    assert outputs[1].tolist() == [expected] * 4
    halves = [torch.empty(2, device=f"cuda:{i}") for i in (0, 1)]
    torch.cuda.nccl.reduce_scatter(inputs, halves, op=op)
    assert halves[1].tolist() == [expected] * 2


def test_nccl_copies() -> None:
    inputs = [torch.zeros(2, device="cuda:0"), torch.ones(2, device="cuda:1")]
    gathered = [torch.empty(4, device=f"cuda:{i}") for i in (0, 1)]
    torch.cuda.nccl.all_gather(inputs, gathered)
    assert gathered[0].tolist() == [0, 0, 1, 1]
    torch.cuda.nccl.broadcast(inputs, root=1)
    assert inputs[0].tolist() == [1, 1]
    assert len(torch.cuda.nccl.unique_id()) == 128
    with pytest.raises(RuntimeError, match="inputs must be on unique devices"):
        torch.cuda.nccl.all_reduce([inputs[0], inputs[0].clone()])


def test_data_parallel() -> None:
    """nn.DataParallel gives the gradients of one device."""
    model = torch.nn.Linear(3, 2).cuda()
    x = torch.randn(6, 3, device="cuda")
    model(x).square().sum().backward()
    expected = model.weight.grad.clone()
    model.zero_grad()
    torch.nn.DataParallel(model, device_ids=[0, 1])(x).square().sum().backward()
    torch.testing.assert_close(model.weight.grad, expected)


# --- small modules --------------------------------------------------------------------------------


def test_nvtx_ranges_nest() -> None:
    """As nvtxRangePushA and Pop return the depth of the range, from 0."""
    assert torch.cuda.nvtx.range_push("outer") == 0
    assert torch.cuda.nvtx.range_push("inner") == 1
    assert torch.cuda.nvtx.range_pop() == 1
    assert torch.cuda.nvtx.range_pop() == 0
    assert torch.cuda.nvtx.range_pop() < 0
    first, second = (torch.cuda.nvtx.range_start("x") for _ in range(2))
    assert first != second
    torch.cuda.nvtx.range_end(first)
    torch.cuda.nvtx.mark("here")
    with torch.cuda.nvtx.range("block {}", 1):
        assert torch.cuda.nvtx.range_push("deep") == 1
        torch.cuda.nvtx.range_pop()


def test_cudart() -> None:
    cudart = torch.cuda.cudart()
    assert cudart.cudaGetErrorString(cudart.cudaError(101)) == "invalid device ordinal"
    torch.cuda.check_error(cudart.cudaProfilerStart())
    torch.cuda.check_error(cudart.cudaProfilerStop())
    with pytest.raises(torch.cuda.CudaError, match=r"out of memory \(2\)"):
        torch.cuda.check_error(2)
    with torch.cuda.profiler.profile():
        torch.ones(1, device="cuda")


def test_backend_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.backends.cudnn.flags(enabled=False, benchmark=True, benchmark_limit=3):
        assert torch.backends.cudnn.benchmark_limit == 3
    assert torch.backends.cudnn.benchmark_limit == 10
    assert torch.backends.cuda.cublas_workspace_size(1 << 20) == 1 << 20
    torch._C._cuda_resetCublasWorkspaceSize()
    assert torch.backends.cuda.cublas_workspace_size() >= (4096 * 2 + 16 * 8) * 1024
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:2:16:8")
    assert torch.backends.cuda.cublas_workspace_size() == (4096 * 2 + 16 * 8) * 1024
    torch._C._cuda_clearCublasWorkspaces()
    torch.cuda.ipc_collect()
