"""The ways to switch the virtual device on, in the processes that programs are made of.

Each program runs in an interpreter of its own, because what happens while `torch` is imported
happens once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.device import needs_virtual_device

pytestmark = needs_virtual_device

ADD_ON_CUDA = """
import torch
x = torch.ones(3, device="cuda")
print((x + x).sum().item(), x.device, torch.cuda.device_count())
"""


def run(
    arguments: list[str], *, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with no TorchDevice variable but those given."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TORCHDEVICE")}
    clean["OMP_NUM_THREADS"] = "1"
    with subprocess.Popen(
        arguments,
        cwd=cwd,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its children too
            raise
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def python(*arguments: str, cwd: Path | None = None, **environment: str) -> str:
    """Run Python, expect success, return what it printed."""
    done = run([sys.executable, *arguments], cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(folder: Path, text: str) -> str:
    """Write a program and return its path."""
    path = folder / "program.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return str(path)


# --- four ways ------------------------------------------------------------------------------------


def test_off_by_default(tmp_path: Path) -> None:
    program = write(tmp_path, "import torch; print(torch.cuda.is_available())")
    assert python(program) == "False\n"
    assert python(program, TORCHDEVICE="off") == "False\n"


def test_python_dash_m(tmp_path: Path) -> None:
    program = write(tmp_path, ADD_ON_CUDA)
    assert python("-m", "torchdevice", program) == "6.0 cuda:0 1\n"
    assert python("-m", "torchdevice", "--gpus", "3", program) == "6.0 cuda:0 3\n"
    assert python("-m", "torchdevice", "--host", "cpu", "-c", ADD_ON_CUDA) == "6.0 cuda:0 1\n"
    assert python("-m", "torchdevice", "-m", "program", cwd=tmp_path) == "6.0 cuda:0 1\n"


def test_command(tmp_path: Path) -> None:
    program = write(tmp_path, ADD_ON_CUDA)
    done = run([command(), "run", "--gpus", "2", program])
    assert (done.returncode, done.stdout) == (0, "6.0 cuda:0 2\n"), done.stderr


def test_environment(tmp_path: Path) -> None:
    program = write(tmp_path, ADD_ON_CUDA)
    assert python(program, TORCHDEVICE="cpu", TORCHDEVICE_COUNT="2") == "6.0 cuda:0 2\n"


def test_import_first(tmp_path: Path) -> None:
    program = write(tmp_path, "import torchdevice" + ADD_ON_CUDA)
    assert python(program) == "6.0 cuda:0 1\n"


def test_configure(tmp_path: Path) -> None:
    program = write(
        tmp_path,
        """
        import torchdevice
        torchdevice.configure(host="cpu", gpus=2, memory="3GB")
        import torch
        print(torch.cuda.device_count(), torch.cuda.mem_get_info()[1])
        try:
            torchdevice.configure(gpus=1)
        except RuntimeError as error:
            print(error)
        """,
    )
    assert python(program).splitlines() == [
        "2 3000000000",
        "torchdevice.configure() must be called before torch is imported",
    ]


def command() -> str:
    """Return the installed `torchdevice` command."""
    path = Path(sys.executable).parent / "torchdevice"
    if not path.exists():
        pytest.fail(f"{path} is missing: make build installs it")
    return str(path)


# --- the program sees what Python would show it ---------------------------------------------------

SHOW_SELF = """
import json, sys
print(json.dumps([sys.argv, sys.path[0], __name__, sys.modules["__main__"].__dict__ is globals()]))
"""


def test_arguments_pass_through_exactly(tmp_path: Path) -> None:
    program = write(tmp_path, SHOW_SELF)
    arguments = ["--gpus", "3", "--", "-m", "x", "--report", "--help"]
    plain = json.loads(python(program, *arguments))
    for launcher in (["-m", "torchdevice"], ["-m", "torchdevice", "--memory", "1GB"]):
        assert json.loads(python(*launcher, program, *arguments)) == plain
    done = run([command(), "run", "--report", "-", program, *arguments])
    assert json.loads(done.stdout) == plain


def test_module_and_code_as_for_python(tmp_path: Path) -> None:
    write(tmp_path, SHOW_SELF)
    plain = json.loads(python("-m", "program", "-a", cwd=tmp_path))
    under = json.loads(python("-m", "torchdevice", "-m", "program", "-a", cwd=tmp_path))
    assert under == plain
    plain = json.loads(python("-c", SHOW_SELF, "-a", "b"))
    assert json.loads(python("-m", "torchdevice", "-c", SHOW_SELF, "-a", "b")) == plain


def test_exit_status_and_errors_are_those_of_the_program(tmp_path: Path) -> None:
    program = write(tmp_path, "import sys; sys.exit(7)")
    assert run([sys.executable, "-m", "torchdevice", program]).returncode == 7
    program = write(tmp_path, "1 / 0")
    done = run([sys.executable, "-m", "torchdevice", program])
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_usage_errors() -> None:
    for arguments in ([sys.executable, "-m", "torchdevice"], [command(), "run"], [command()]):
        done = run(arguments)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
    done = run([command(), "--python", "/nowhere/python", "run", "x.py"])
    assert done.returncode == 126
    assert done.stderr.startswith("torchdevice: cannot run /nowhere/python: ")


# --- other processes ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_data_loader_workers(tmp_path: Path, method: str) -> None:
    program = write(
        tmp_path,
        f"""
        import torch
        from torch.utils.data import DataLoader, TensorDataset

        def main():
            data = TensorDataset(torch.arange(8.0))
            loader = DataLoader(data, 2, num_workers=2, pin_memory=True,
                                multiprocessing_context={method!r})
            torch.cuda.init()
            total = 0
            for (batch,) in loader:
                assert batch.is_pinned()
                total += batch.cuda(non_blocking=True).sum().item()
            print(total)

        if __name__ == "__main__":
            main()
        """,
    )
    assert python(program, TORCHDEVICE="cpu") == "28.0\n"
    assert python("-m", "torchdevice", program) == "28.0\n"


def test_spawned_processes_inherit(tmp_path: Path) -> None:
    program = write(
        tmp_path,
        """
        import torch.multiprocessing as multiprocessing
        import torch

        def work(rank, queue):
            queue.put((rank, torch.ones(2, device=f"cuda:{rank}").sum().item()))

        if __name__ == "__main__":
            queue = multiprocessing.get_context("spawn").SimpleQueue()
            multiprocessing.spawn(work, (queue,), nprocs=2)
            print(sorted([queue.get(), queue.get()]))
        """,
    )
    assert python("-m", "torchdevice", "--gpus", "2", program) == "[(0, 2.0), (1, 2.0)]\n"


def test_use_after_fork_is_refused(tmp_path: Path) -> None:
    """torch.cuda._lazy_init: CUDA cannot be re-initialised in a forked child."""
    program = write(
        tmp_path,
        """
        import os, torch
        torch.ones(1, device="cuda")
        child = os.fork()
        if child == 0:
            assert torch.cuda._is_in_bad_fork() and not torch.cuda.is_initialized()
            try:
                torch.ones(1, device="cuda")
            except RuntimeError as error:
                print(error)
            torch.manual_seed(1)
            print(torch.ones(2).sum().item(), flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print(torch.ones(2, device="cuda").sum().item())
        """,
    )
    lines = python(program, TORCHDEVICE="cpu").splitlines()
    assert lines[0].startswith("Cannot re-initialize CUDA in forked subprocess.")
    assert lines[1:] == ["2.0", "2.0"]


def test_torchrun(tmp_path: Path) -> None:
    program = write(
        tmp_path,
        """
        import os, torch, torch.distributed as dist
        dist.init_process_group("gloo")
        rank = dist.get_rank()
        torch.cuda.set_device(rank)
        x = torch.full((2,), float(rank + 1), device="cuda")
        total = x.cpu()
        dist.all_reduce(total)
        if rank == 0:
            print(total.tolist(), torch.cuda.device_count())
        dist.destroy_process_group()
        """,
    )
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    assert python(*launcher, program, TORCHDEVICE="cpu", TORCHDEVICE_COUNT="2") == "[3.0, 3.0] 2\n"


def test_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import torch\ndef test():\n    assert torch.ones(1).cuda().is_cuda\n", encoding="utf-8"
    )
    assert "1 passed" in python("-m", "torchdevice", "-m", "pytest", str(tmp_path))
    assert "1 passed" in python("-m", "pytest", str(tmp_path), TORCHDEVICE="auto")


# --- refusals -------------------------------------------------------------------------------------


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The message of a run that failed."""
    assert done.returncode != 0
    return done.stderr.strip().splitlines()[-1]


def test_torch_imported_too_early() -> None:
    done = run([sys.executable, "-c", "import torch, torchdevice"])
    assert last_line(done) == (
        "ImportError: torchdevice: torch is imported already, and its device is fixed by then: "
        "import torchdevice before torch, or start with `torchdevice run PROGRAM`"
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TORCHDEVICE", "gpu"),
        ("TORCHDEVICE_COUNT", "many"),
        ("TORCHDEVICE_COUNT", "-1"),
        ("TORCHDEVICE_PROFILE", "abacus"),
        ("TORCHDEVICE_MEMORY", "lots"),
    ],
)
def test_bad_settings_give_one_line(variable: str, value: str) -> None:
    done = run([sys.executable, "-c", "import torch"], **{"TORCHDEVICE": "cpu", variable: value})
    assert done.returncode != 0
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("torchdevice: ")
    assert value in line


@pytest.fixture
def other_torch(tmp_path: Path) -> Path:
    """A folder with a `torch` of another release."""
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (package / "version.py").write_text(
        "__version__ = '1.13.1+cu117'\ncuda: Optional[str] = '11.7'\n", encoding="utf-8"
    )
    return tmp_path


def test_unsupported_release(other_torch: Path) -> None:
    expected = (
        "torchdevice: PyTorch 1.13.1+cu117 is not supported: install torch 2.13.x, or set "
        "TORCHDEVICE=off"
    )
    done = run([sys.executable, "-c", "import torch"], cwd=other_torch, TORCHDEVICE="cpu")
    assert last_line(done) == f"ImportError: {expected}"
    done = run([sys.executable, "-m", "torchdevice", "-c", "import torch"], cwd=other_torch)
    assert done.stderr.strip() == expected
    done = run([sys.executable, "-c", "import torch"], cwd=other_torch, TORCHDEVICE="off")
    assert done.stderr.strip() == "imported"


def test_loader_describes_a_torch_without_importing_it(other_torch: Path) -> None:
    program = "from torchdevice import _loader; print(_loader.find_torch())"
    shown = python("-c", program, cwd=other_torch)
    assert "version='1.13.1+cu117', cuda='11.7'" in shown


def test_library_missing(tmp_path: Path) -> None:
    package = tmp_path / "torchdevice"
    package.mkdir()
    for source in (Path(__file__).parent.parent / "python" / "torchdevice").glob("*.py"):
        (package / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    done = run([sys.executable, "-c", "import torchdevice, torch"], cwd=tmp_path)
    assert last_line(done) == (
        "ImportError: torchdevice: the compiled parts are not installed: reinstall "
        "torchdevice-runtime"
    )
    (package / "_bindings.py").touch()
    done = run([sys.executable, "-c", "import torchdevice, torch"], cwd=tmp_path)
    suffix = "dylib" if sys.platform == "darwin" else "so"
    missing = package / f"libtorchdevice.{suffix}"
    assert last_line(done) == (
        f"ImportError: torchdevice: {missing} is missing: reinstall torchdevice-runtime"
    )
    missing.write_bytes(b"no library")
    done = run([sys.executable, "-c", "import torchdevice, torch"], cwd=tmp_path)
    assert f"torchdevice: {missing} does not fit this PyTorch: " in last_line(done)


def test_names_of_a_cuda_build_are_replaced() -> None:
    """On a CUDA build whose GPUs are passed over, `torch._C` has all the names already."""
    program = """
import sys, types
import torchdevice
from torchdevice import _loader

def install_over_a_cuda_build(torch_c):
    from torchdevice import _bindings
    for name in ("_cudart", "_nvtx", "_cudnn"):
        module = sys.modules["torch._C." + name] = types.ModuleType("torch._C." + name)
        module.cudaError = "theirs"
        setattr(torch_c, name, module)
    for name in ("_CudaDeviceProperties", "_CUDAGraph", "_cuda_memoryStats", "_cuda_getDevice"):
        setattr(torch_c, name, "theirs")
    _bindings.install(torch_c)

_loader._install = install_over_a_cuda_build
import torch
print(torch.cuda.current_device(), torch.cuda.get_device_properties(0).warp_size)
print(torch.cuda.memory_allocated(), torch.cuda.cudart().cudaError(0))
"""
    assert python("-c", program).splitlines() == ["0 32", "0 cudaError.success"]


# --- doctor, report, costs, exit ------------------------------------------------------------------


def test_doctor() -> None:
    for arguments in ([sys.executable, "-m", "torchdevice", "doctor"], [command(), "doctor"]):
        done = run(arguments, TORCHDEVICE_COUNT="2")
        assert done.returncode == 0, done.stdout
        lines = dict(line.split(":", 1) for line in done.stdout.splitlines() if ": " in line)
        assert lines["virtual GPUs"].strip() == "2"
        assert lines["host"].strip().startswith("cpu")
        assert lines["slots filled"].strip() == "hooks, allocator, streams, events"
        assert done.stdout.endswith("no problem found\n")


def test_doctor_when_off() -> None:
    shown = python("-m", "torchdevice", "doctor", TORCHDEVICE="off")
    assert "virtual device:     off (TORCHDEVICE=off)" in shown


def test_doctor_says_what_is_wrong(other_torch: Path) -> None:
    done = run([sys.executable, "-m", "torchdevice", "doctor"], cwd=other_torch)
    assert done.returncode == 1
    assert "problem: torchdevice: PyTorch 1.13.1+cu117 is not supported" in done.stdout


def test_report(tmp_path: Path) -> None:
    program = write(
        tmp_path,
        "import torch, torchdevice\ntorch.ones(2, device='cuda') + 1\n"
        "assert 'aten::add' in torchdevice.report()\n",
    )
    path = tmp_path / "report.json"
    python("-m", "torchdevice", "--report", str(path), program)
    report = json.loads(path.read_text(encoding="utf-8"))
    assert any(entry["name"].startswith("aten::add") for entry in report["operators"])
    done = run([command(), "run", "--report", "-", program])
    assert "aten::add" in done.stderr


def test_the_pth_hook_imports_nothing_when_unset() -> None:
    hook = Path(__file__).parent.parent / "python" / "torchdevice.pth"
    (line,) = hook.read_text(encoding="utf-8").splitlines()
    program = f"""
import sys
before = set(sys.modules)
exec({line!r})
print(sorted(set(sys.modules) - before))
"""
    assert python("-c", program) == "[]\n"


def test_loaders_of_torch_are_those_of_python() -> None:
    program = """
import torchdevice, torch, importlib.machinery as machinery
assert type(torch.__spec__.loader) is machinery.SourceFileLoader
assert "exec_module" not in vars(torch.__spec__.loader)
assert "create_module" not in vars(torch._C.__spec__.loader)
"""
    python("-c", program)


@pytest.mark.parametrize("gpus", ["1", "2"])
def test_exit_behind_backward_is_clean(tmp_path: Path, gpus: str) -> None:
    """A device thread of autograd that outlives the interpreter would end it with a crash."""
    program = write(
        tmp_path,
        """
        import torch
        x = torch.ones(4, 4, device=f"cuda:{torch.cuda.device_count() - 1}", requires_grad=True)
        (x @ x).sum().backward()
        """,
    )
    for _ in range(int(os.environ.get("TORCHDEVICE_EXIT_RUNS", "5"))):
        done = run([sys.executable, program], TORCHDEVICE="cpu", TORCHDEVICE_COUNT=gpus)
        assert (done.returncode, done.stderr) == (0, "")
