"""`torchdevice surface` and `patches` as a user meets them: options, formats, files, the cache."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
import torch

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
TORCH = Path(torch.__file__).parent

FILES = {
    "torch/__init__.py": """
from torch import cuda as cuda
from torch._impl import add

__all__ = ["add", "seed", "Tensor"]


class Tensor:
    def to(self, device, non_blocking: bool = False) -> "Tensor": ...


def seed(text: str = "a, \\"b\\"\\u00e9") -> int: ...
""",
    "torch/_impl.py": "def add(a, b, *, alpha=1): ...\n",
    "torch/cuda/__init__.py": "def is_available() -> bool:\n    return False\n",
    "torch/version.py": "__version__ = '1.0+fake'\ngit_version = 'abc'\ncuda = None\n",
    "torchgen/packaged/ATen/native/native_functions.yaml": (
        "- func: add(Tensor self) -> Tensor\n  dispatch:\n    CPU: add_cpu\n"
    ),
    "torchgen/packaged/ATen/native/tags.yaml": "- tag: core\n  desc: x\n",
}
SCOPE = '[[namespace]]\nname = "torch"\npriority = 1\nsubmodules = true\n'
SUBJECT = """
import torch


def is_available(device):
    return True


torch.cuda.is_available = is_available
"""


def command() -> str:
    return os.environ.get("TORCHDEVICE_COMMAND", str(Path(sys.executable).parent / "torchdevice"))


class Runner:
    """Runs the command on a tiny PyTorch, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        self.torch = folder / "site-packages"
        for path, text in FILES.items():
            self.write(path, text)
        (folder / "scope.toml").write_text(SCOPE)
        (folder / "subject.py").write_text(SUBJECT)

    def write(self, path: str, text: str) -> None:
        (self.torch / path).parent.mkdir(parents=True, exist_ok=True)
        (self.torch / path).write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command(), *arguments],
            env=os.environ | {"XDG_CACHE_HOME": str(self.cache)} | environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def surface(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        options = ["--torch", str(self.torch), "--scope", "scope.toml"]
        return self("surface", *options, *arguments, **environment)

    def entries(self) -> list[Path]:
        return sorted(self.cache.glob("torchdevice/*"))


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def closed(description: dict) -> dict:
    """The schema without room for fields that it does not describe."""
    if "properties" in description:
        description = {"additionalProperties": False} | description
    return {k: closed(v) if isinstance(v, dict) else v for k, v in description.items()}


def document(done: subprocess.CompletedProcess[str], schema: str) -> dict:
    """The JSON that was printed, of which its schema must describe every field."""
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    description = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(description)
    jsonschema.Draft202012Validator(closed(description)).validate(result)
    return result


# --- formats --------------------------------------------------------------------------------------


def test_surface_as_json(run: Runner) -> None:
    result = document(run.surface("--format", "json"), "surface")
    assert result["torch"]["version"] == "1.0+fake"
    names = {name["name"]: name for name in result["names"]}
    assert {"torch.add", "torch.seed", "torch.Tensor.to", "torch.cuda.is_available"} <= set(names)
    assert names["torch.add"]["file"] == "torch/_impl.py"
    [add] = names["torch.add"]["signatures"]
    assert add["text"] == "(a, b, *, alpha=1)"
    assert [p["default"] for p in add["parameters"]] == [None, None, "1"]
    [seed] = names["torch.seed"]["signatures"]
    assert '"b' in seed["parameters"][0]["default"]


def test_every_name_has_a_line_of_json(run: Runner) -> None:
    lines = run.surface("--format", "json").stdout.splitlines()
    assert sum(line.startswith('{"name": "torch.cuda.is_available",') for line in lines) == 1


def test_surface_as_csv(run: Runner) -> None:
    rows = list(csv.DictReader(io.StringIO(run.surface("--format", "csv").stdout)))
    [add] = [row for row in rows if row["name"] == "torch.add"]
    assert (add["kind"], add["signature"]) == ("function", "(a, b, *, alpha=1)")
    assert all(None not in row and None not in row.values() for row in rows)


def test_surface_as_text(run: Runner) -> None:
    lines = run.surface().stdout.splitlines()
    assert lines[0].startswith("PyTorch 1.0+fake: ")
    assert "torch" in lines
    assert "torch.cuda" in lines
    rows = [line for line in lines if line.startswith("  ") and "torch/" in line]
    within = lines[lines.index("torch") : lines.index("torch.cuda")]
    columns = {line.index("torch/") for line in within if "torch/" in line}
    assert len(columns) == 1, "\n".join(rows)
    assert any("add" in row and "(a, b, *, alpha=1)" in row for row in rows)


def test_patches_in_every_format(run: Runner) -> None:
    arguments = ("patches", "subject.py", "--torch", str(run.torch))
    result = document(run(*arguments, "--format", "json"), "patches")
    [patch] = result["patches"]
    assert patch["target"] == "torch.cuda.is_available"
    assert (patch["file"], patch["line"]) == ("subject.py", 9)
    assert patch["verdict"] == "mismatch"
    assert patch["replacement_signature"]["text"] == "(device)"
    [row] = csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").stdout))
    assert row["target"] == "torch.cuda.is_available"
    text = run(*arguments).stdout
    assert text.startswith("subject.py on PyTorch 1.0+fake: 1 patches")
    assert "torch.cuda.is_available" in text


def test_operators_as_json(run: Runner) -> None:
    done = run("operators", "--torch", str(run.torch), "--format", "json")
    result = document(done, "operators")
    assert [op["name"] for op in result["operators"]] == ["add"]


def test_real_pytorch_is_as_the_schemas_say(run: Runner) -> None:
    options = ("--torch", str(TORCH), "--format", "json")
    result = document(run("surface", "torch.cuda", *options), "surface")
    assert len(result["names"]) > 200
    document(run("operators", "add", "linalg_eig", *options), "operators")


# --- colour and pipes -----------------------------------------------------------------------------


def on_a_terminal(run: Runner, **environment: str) -> bytes:
    """What the command shows on a terminal."""
    ours, theirs = pty.openpty()
    arguments = ["surface", "torch.cuda", "--torch", str(run.torch)]
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    with subprocess.Popen(
        [command(), *arguments],
        env=clean | {"XDG_CACHE_HOME": str(run.cache), "TERM": "xterm"} | environment,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # Linux: the other end is closed
            pass
        assert process.wait() == 0
    os.close(ours)
    return shown


def test_colour_only_on_a_terminal(run: Runner) -> None:
    assert b"\x1b[" in on_a_terminal(run)
    assert b"\x1b[" not in on_a_terminal(run, NO_COLOR="1")
    assert b"\x1b[" not in on_a_terminal(run, TERM="dumb")
    assert "\x1b[" not in run.surface().stdout


def test_a_broken_pipe_is_no_error(run: Runner) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [command(), "surface", "--torch", str(run.torch), "--scope", "scope.toml"],
        cwd=run.folder,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


# --- output files ---------------------------------------------------------------------------------


def test_output_appears_whole_or_not_at_all(run: Runner) -> None:
    target = run.folder / "out.json"
    target.write_text("before")
    failed = run.surface("--format", "json", "--output", "out.json", "--expect", "9")
    assert failed.returncode == 2
    assert target.read_text() == "before"
    done = run.surface("--format", "json", "--output", "out.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert target.read_text() == run.surface("--format", "json").stdout
    left = {path.name for path in run.folder.iterdir()}
    assert left == {"cache", "out.json", "scope.toml", "site-packages", "subject.py"}


def test_output_follows_links_and_writes_to_devices(run: Runner) -> None:
    (run.folder / "link").symlink_to(run.folder / "target")
    assert run.surface("--output", "link").returncode == 0
    assert (run.folder / "link").is_symlink()
    assert (run.folder / "target").read_text() == run.surface().stdout
    assert run.surface("--output", "/dev/null").returncode == 0
    assert not Path("/dev/null").is_file()


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["surface", "--no-such-option"], "--no-such-option"),
        (["surface", "--format", "xml"], "xml is none of text, json and csv"),
        (["surface", "--torch", "/nowhere"], "/nowhere"),
        (["surface", "--scope", "missing.toml"], "missing.toml"),
        (["surface", "torch.no_such_name"], "torch.no_such_name"),
        (["surface", "not a name"], "not a name"),
        (["surface", "--expect", "2.13"], "1.0+fake"),
        (["surface", "--output", "/nowhere/file"], "/nowhere/file"),
        (["patches"], "SUBJECT is required (see torchdevice patches --help)"),
        (["patches", "/nowhere.py"], "/nowhere.py"),
        (["diff", "site-packages"], "NEW"),
        (["operators", "no_such"], "no_such"),
        (["operators", "--key", "NoKey"], "NoKey"),
        (["operators", "--expect", "2.13"], "1.0+fake"),
        (["operators", "--torch", "/nowhere"], "/nowhere"),
        (["operators", "--no-cache"], "--no-cache"),
        (["operators", "-j", "2"], "-j"),
        (["surface", "--scope", "subject.py"], "subject.py"),
        (["surface", "--scope", "site-packages"], "site-packages: cannot be read"),
        (["surface", "torch.cuda", "--all"], "--all"),
        (["surface", "torch.cuda", "--scope", "scope.toml"], "--scope"),
        (["surface", "--torch", "subject.py"], "subject.py"),
        (["surface", "--jobs", "0"], "--jobs"),
        (["patches", "subject.py", "--expect", "2"], "1.0+fake"),
        (["diff", "/nowhere", "site-packages"], "/nowhere"),
        (["diff", "site-packages", "site-packages", "--for", "/nowhere"], "/nowhere"),
        (["no-such-command"], "no-such-command"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(run: Runner, arguments: list[str], said: str) -> None:
    if arguments[0] in ("surface", "patches", "operators") and "--torch" not in arguments:
        arguments = [*arguments, "--torch", str(run.torch)]
    done = run(*arguments)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    errors = [line for line in done.stderr.splitlines() if ": note: " not in line]
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith("torchdevice: ")


def test_expect(run: Runner) -> None:
    assert run.surface("--expect", "1.0").returncode == 0
    assert run.surface("--expect", "1").returncode == 0
    assert run.surface("--expect", "1.00").returncode == 2


def test_an_unreadable_file_is_reported_and_ends_nothing(run: Runner) -> None:
    run.write("torch/broken.py", "x = 1\n")
    (run.torch / "torch/broken.py").write_bytes(b"x = '\xff\xfe'\n")
    done = run.surface("--format", "json")
    result = document(done, "surface")
    assert any("torch/broken.py" in problem for problem in result["problems"])
    assert "torchdevice: note: " in done.stderr
    assert "torch/broken.py" in done.stderr
    assert any(name["name"] == "torch.add" for name in result["names"])


def test_help_has_examples(run: Runner) -> None:
    for name in ("surface", "patches", "diff", "operators"):
        done = run(name, "--help")
        assert done.returncode == 0
        assert f"\n  torchdevice {name} " in done.stdout


def test_help_lists_every_command_on_a_line(run: Runner) -> None:
    done = run("--help")
    assert done.returncode == 0
    listed = done.stdout[done.stdout.index("Subcommands:") :].splitlines()[1:]
    commands = [line.split()[0] for line in listed if line.strip()]
    assert commands == ["run", "doctor", "surface", "patches", "diff", "operators"]


# --- the cache ------------------------------------------------------------------------------------


def test_a_second_run_answers_from_the_cache(run: Runner) -> None:
    first = run.surface("--format", "json").stdout
    [entry] = run.entries()
    kept = entry.read_bytes()
    assert run.surface("--format", "json").stdout == first
    assert run.entries() == [entry]
    entry.write_bytes(kept[:-1] + b"?")
    assert run.surface("--format", "json").stdout == first
    assert entry.read_bytes() == kept


def test_a_changed_file_is_read_again(run: Runner) -> None:
    run.surface()
    run.write("torch/_impl.py", "def add(a, b, c): ...\n")
    assert "(a, b, c)" in run.surface().stdout
    run.write("torch/_impl.py", "def add(a, b, d): ...\n")  # of the same size
    assert "(a, b, d)" in run.surface().stdout


def test_no_cache_keeps_nothing(run: Runner) -> None:
    run.surface("--no-cache")
    assert run.entries() == []


def test_a_cache_that_cannot_be_written_is_no_error(run: Runner) -> None:
    run.cache.write_text("a file, not a folder")
    done = run.surface()
    assert done.returncode == 0
    assert "torchdevice: note: the result is not kept" in done.stderr


def test_several_processes_share_the_cache(run: Runner) -> None:
    processes = [
        subprocess.Popen(
            [command(), "surface", "--torch", run.torch, "--scope", "scope.toml"],
            env=os.environ | {"XDG_CACHE_HOME": str(run.cache)},
            cwd=run.folder,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    outputs = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(outputs) == 1
    assert len(run.entries()) == 1


# --- where PyTorch lies ---------------------------------------------------------------------------


def test_a_wheel_is_read_in_place(run: Runner) -> None:
    wheel = run.folder / "torch-1.0-cp311-cp311-macosx_14_0_arm64.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in FILES.items():
            archive.writestr(path, text)
        tag = "Wheel-Version: 1.0\nTag: cp311-cp311-macosx_14_0_arm64\n"
        archive.writestr("torch-1.0.dist-info/WHEEL", tag)
    from_wheel = document(
        run("surface", "--torch", str(wheel), "--scope", "scope.toml", "--format", "json"),
        "surface",
    )
    from_folder = document(run.surface("--format", "json"), "surface")
    assert from_wheel["torch"]["platform"] == "macosx_14_0_arm64"
    assert from_wheel["names"] == from_folder["names"]


@pytest.mark.skipif(
    "TORCHDEVICE_NEW_TORCH" not in os.environ,
    reason="name the wheel of the installed PyTorch for another platform with "
    "TORCHDEVICE_NEW_TORCH",
)
def test_builds_of_one_release_offer_the_same(run: Runner) -> None:
    options = ("--all", "--no-cache", "--format", "json", "--torch")
    wheel, folder = (
        document(run("surface", *options, path), "surface")
        for path in (os.environ["TORCHDEVICE_NEW_TORCH"], str(TORCH))
    )
    assert wheel["torch"]["git"] == folder["torch"]["git"]
    assert wheel["torch"]["platform"] != folder["torch"]["platform"]
    assert len(wheel["names"]) > 10_000
    assert wheel["names"] == folder["names"]
    assert wheel["unknown"] == folder["unknown"]
