"""`torchdevice diff` from end to end: two tiny releases, and the real ones where they are given."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.gap.test_commands import command, document

YAML = "torchgen/packaged/ATen/native/native_functions.yaml"
OLD = {
    "torch/__init__.py": """
from torch._tensor import Tensor
from torch import nn, quant
from torch import _private

__all__ = ["Tensor", "kept", "changed", "align_tensors", "nn", "quant"]


def kept(x: "Optional[int]" = None): ...
def changed(x, y): ...
def align_tensors(*tensors): ...
""",
    "torch/_tensor.py": """
class Tensor:
    def align_to(self, *names): ...
    def rename(self, *names): ...
    def has_names(self): ...
    def size(self): ...
""",
    "torch/_private.py": "def hidden(x): ...\ndef unused(x): ...\n",
    "torch/nn.py": "from torch._tensor import Tensor\nclass Parameter(Tensor): ...\n",
    "torch/quant.py": "class Layer:\n    def forward(self, x): ...\ndef convert(x): ...\n",
    YAML: """
- func: align_to(Tensor(a) self, Dimname[] names) -> Tensor(a)
  variants: method
- func: rename(Tensor(a) self, Dimname[]? names) -> Tensor(a)
  variants: method
- func: align_tensors(Tensor[] tensors) -> Tensor[]
- func: size(Tensor self) -> int
  variants: method
  dispatch:
    CPU: size_cpu
""",
}
NEW = {
    "torch/__init__.py": """
from torch._tensor import Tensor
from torch import nn
from torch import _private

__all__ = ["Tensor", "kept", "changed", "nn"]


def kept(x: int | None = None): ...
def changed(x, z): ...
""",
    "torch/_tensor.py": "class Tensor:\n    def size(self): ...\n",
    "torch/_private.py": "def unused(x): ...\n",
    "torch/nn.py": OLD["torch/nn.py"],
    YAML: """
- func: size(Tensor self) -> int
  variants: method
  dispatch:
    CPU: size_cpu
    MPS: size_mps
""",
}


@pytest.fixture
def releases(tmp_path: Path) -> list[str]:
    for version, files in (("1.0", OLD), ("2.0", NEW)):
        common = {
            "torch/version.py": f"__version__ = '{version}'\n",
            "torchgen/packaged/ATen/native/tags.yaml": "- tag: core\n  desc: x\n",
        }
        for path, text in (files | common).items():
            target = tmp_path / version / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    (tmp_path / "scope.toml").write_text(
        '[[namespace]]\nname = "torch"\npriority = 1\nsubmodules = true\n'
    )
    return [str(tmp_path / "1.0"), str(tmp_path / "2.0")]


def diff(releases: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    scope = str(Path(releases[0]).parent / "scope.toml")
    return subprocess.run(
        [command(), "diff", *releases, "--scope", scope, "--no-cache", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def causes(result: dict) -> dict[str, set[str]]:
    return {
        change["cause"]: {one["name"] for one in change["affects"]} for change in result["changes"]
    }


def test_each_cause_once(releases: list[str]) -> None:
    found = causes(document(diff(releases, "--format", "json"), "diff"))
    assert found["Dimname"] == {
        "aten::align_tensors",
        "aten::align_to",
        "aten::rename",
        "torch.Tensor.align_to",
        "torch.Tensor.has_names",
        "torch.Tensor.rename",
        "torch.align_tensors",
    }
    assert {"torch.quant", "torch.quant.Layer", "torch.quant.convert"} <= found["torch.quant"]
    assert found["torch.changed"] == {"torch.changed"}
    assert found["aten::size"] == {"aten::size"}
    assert set(found) == {"Dimname", "torch.quant", "torch.changed", "aten::size"}


def test_what_breaks_comes_first(releases: list[str]) -> None:
    result = document(diff(releases, "--format", "json"), "diff")
    breaks = [change["breaks_valid_calls"] for change in result["changes"]]
    assert breaks == sorted(breaks, reverse=True)
    [changed] = [c for c in result["changes"] if c["cause"] == "torch.changed"]
    assert changed["affects"][0]["differences"]
    assert changed["affects"][0]["was"] == "(x, y)"


def test_text_and_csv(releases: list[str]) -> None:
    lines = diff(releases).stdout.splitlines()
    assert lines[0].startswith("PyTorch 1.0 -> 2.0: 4 changes, 3 of them break valid calls")
    assert any(line.startswith("Dimname  no operator takes a Dimname any more") for line in lines)
    rows = list(csv.DictReader(io.StringIO(diff(releases, "--format", "csv").stdout)))
    assert sum(row["cause"] == "Dimname" for row in rows) == 7


def test_for_a_subject_private_names_count(releases: list[str], tmp_path: Path) -> None:
    subject = tmp_path / "subject.py"
    subject.write_text(
        "import torch\nfrom torch._private import hidden\n\n"
        "def use(x):\n    hidden(x)\n    return x.rename('N')\n"
    )
    result = document(diff(releases, "--for", str(subject), "--format", "json"), "diff")
    found = causes(result)
    assert found["torch._private.hidden"] == {"torch._private.hidden"}
    assert found["Dimname"] == {"torch.Tensor.rename"}
    assert set(found) == {"torch._private.hidden", "Dimname"}
    [named] = [change for change in result["changes"] if change["cause"] == "Dimname"]
    assert named["also_affects"] == 6
    assert result["subject"] == str(subject)


def test_without_operators_names_are_still_compared(releases: list[str]) -> None:
    (Path(releases[0]) / YAML).unlink()
    done = diff(releases, "--format", "json")
    result = document(done, "diff")
    assert any("operators are not compared" in problem for problem in result["problems"])
    assert "torch.changed" in causes(result)


@pytest.mark.skipif(
    "TORCHDEVICE_OLD_TORCH" not in os.environ,
    reason="name the wheels of PyTorch 2.12.1 and 2.13.0 for macOS with TORCHDEVICE_OLD_TORCH and "
    "TORCHDEVICE_NEW_TORCH",
)
def test_named_tensors_went_once() -> None:
    wheels = [os.environ["TORCHDEVICE_OLD_TORCH"], os.environ["TORCHDEVICE_NEW_TORCH"]]
    done = subprocess.run(
        [command(), "diff", *wheels, "--format", "json"], capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout)
    [named] = [change for change in result["changes"] if change["cause"] == "Dimname"]
    affected = {one["name"] for one in named["affects"]}
    assert {"torch.Tensor.align_to", "torch.Tensor.refine_names", "torch.Tensor.has_names"} <= (
        affected
    )
    assert {
        "torch.Tensor.all",
        "torch.zeros",
        "torch.sparse.softmax",
        "aten::cat.names",
    } <= affected
    elsewhere = {
        one["name"]
        for change in result["changes"]
        if change is not named
        for one in change["affects"]
        if one["kind"] == "removed"
    }
    assert not {name for name in elsewhere if "align" in name or "names" in name}
