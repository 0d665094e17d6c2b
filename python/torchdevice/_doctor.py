"""`torchdevice doctor`: says whether the virtual device comes up here, and how."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator

from torchdevice import _loader, _settings

#: Libraries that only a real CUDA has; one of them in the process means that both are at work.
_CUDA_LIBRARIES = ("libcuda.so", "libcudart.so", "libc10_cuda.so", "libtorch_cuda.so")


def main() -> int:
    """Print what there is to know. Returns 0 if the virtual device works, 1 if it does not."""
    problems: list[str] = []
    for name, value in _facts(problems):
        print(f"{name + ':':<20}{value}")
    for problem in problems:
        print(f"problem: {problem}")
    if not problems:
        print("no problem found")
    return 1 if problems else 0


def _facts(problems: list[str]) -> Iterator[tuple[str, object]]:
    yield "python", f"{platform.python_version()} ({sys.executable})"
    yield "torchdevice", f"{_version()} ({os.path.dirname(__file__)})"
    for variable in _settings.VARIABLES.values():
        if variable in os.environ:
            yield variable, os.environ[variable]

    build = _loader.find_torch()
    if build is None:
        problems.append("torch is not installed")
        return
    yield "torch", f"{build.version} ({build.folder})"
    yield "torch is built for", f"CUDA {build.cuda}" if build.cuda else "no CUDA"
    gpus = _loader.count_gpus()
    yield "real GPUs", gpus
    if _settings.is_off():
        yield "virtual device", "off (TORCHDEVICE=off)"
        return
    if _loader.stands_aside_for_gpu(build):
        yield (
            "virtual device",
            "off: a real GPU is usable (TORCHDEVICE=cpu asks for it all the same)",
        )
        return
    try:
        _loader.check_version(build)
        yield "device library", _loader.device_library()
        import torch
    except ImportError as error:
        problems.append(str(error))
        return
    yield from _device_facts(torch, problems)


def _device_facts(torch, problems: list[str]) -> Iterator[tuple[str, object]]:
    mps = torch.backends.mps.is_available()
    named = "asked for by name" if _settings.names_host() else "MPS is not available"
    yield "MPS", "available" if mps else "not available"
    yield "host", f"{_loader.bindings().host()} ({named})"
    count = torch.cuda.device_count()
    yield "virtual GPUs", count
    for index in range(count):
        yield f"  cuda:{index}", torch.cuda.get_device_properties(index)
    yield "torch.version.cuda", torch.version.cuda
    yield "slots filled", ", ".join(_filled_slots(torch, problems))
    if count:
        _try_operator(torch, problems)
    foreign = [name for name in _loaded_libraries() if name.startswith(_CUDA_LIBRARIES)]
    if foreign:
        problems.append(f"CUDA's own libraries are loaded too: {', '.join(sorted(foreign))}")


def _filled_slots(torch, problems: list[str]) -> list[str]:
    slots = {
        "hooks": torch.cuda.is_available() or torch.cuda.device_count() == 0,
        "allocator": torch.cuda.get_allocator_backend() == "native",
        "streams": torch._C._CudaStreamBase.__base__ is torch.Stream,
        "events": torch._C._CudaEventBase.__base__ is torch.Event,
    }
    problems.extend(
        f"PyTorch's slot is empty: {name}" for name, filled in slots.items() if not filled
    )
    return [name for name, filled in slots.items() if filled]


def _try_operator(torch, problems: list[str]) -> None:
    ones = torch.ones(3, device="cuda")
    total = (ones + ones).sum().item()
    if total != 6.0:
        problems.append(f"operators compute wrong results: 1 + 1, three times, gave {total}")


def _loaded_libraries() -> set[str]:
    """Return the file names of the libraries mapped into this process (Linux; else none)."""
    if not os.path.exists("/proc/self/maps"):
        return set()
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return {os.path.basename(line.split()[-1]) for line in maps if ".so" in line}


def _version() -> str:
    try:
        return importlib.metadata.version("torchdevice-runtime")
    except importlib.metadata.PackageNotFoundError:
        return "not installed as a package"
