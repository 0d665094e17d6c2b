"""The C++ example: built with libtorch's own CMake files, it trains on cuda as on the CPU."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "examples-cpp"


def run(*command: str, **environment: str) -> str:
    """Runs a command and returns its output; its error output is the failure's message."""
    result = subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def program() -> str:
    """The example, built against the installed torch and torchdevice."""
    site = sysconfig.get_path("platlib")
    run(
        *("cmake", "-S", str(ROOT / "examples" / "cpp"), "-B", str(BUILD), "-G", "Ninja"),
        f"-DCMAKE_PREFIX_PATH={site}/torch;{site}/torchdevice",
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_CXX_COMPILER_LAUNCHER={shutil.which('ccache') or ''}",
    )
    run("cmake", "--build", str(BUILD))
    return str(BUILD / "train_spiral")


def losses(output: str) -> list[float]:
    """The losses that the program printed."""
    return [float(loss) for loss in re.findall(r"^step +\d+  loss (\S+)$", output, re.MULTILINE)]


def test_losses_on_cuda_are_the_cpus(program: str) -> None:
    """The oracle is the same program on PyTorch's own CPU kernels."""
    on_cuda = run(program, TORCHDEVICE="cpu", TORCHDEVICE_COUNT="3")
    on_cpu = run(program, "--device", "cpu")
    assert on_cuda.startswith("device cuda, 3 CUDA device(s)\n")
    assert losses(on_cuda) == losses(on_cpu)
    assert losses(on_cuda)[-1] < 0.5 * losses(on_cuda)[0]


def test_off_leaves_libtorch_without_cuda(program: str) -> None:
    """TORCHDEVICE=off: libtorch's own error for a program that wants CUDA."""
    result = subprocess.run(
        [program],
        env={**os.environ, "TORCHDEVICE": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("PyTorch is not linked with support for cuda devices\n")
