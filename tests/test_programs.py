"""Whole programs: each gives on the virtual device what it gives on the CPU."""

from __future__ import annotations

import importlib
import pkgutil
import runpy
from pathlib import Path

import pytest
import torch

from tests import programs
from tests.conformance.compare import EXACT, Closeness, compare
from tests.device import DEVICE

NAMES = [module.name for module in pkgutil.iter_modules(programs.__path__)]
EXAMPLE = Path(__file__).parent.parent / "examples" / "train_gpt.py"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_program(name: str) -> None:
    program = importlib.import_module(f"tests.programs.{name}")
    torch.manual_seed(0)
    expected = program.run("cpu")
    torch.manual_seed(0)
    actual = program.run(DEVICE)
    found = compare(expected, actual, getattr(program, "CLOSENESS", EXACT))
    assert found is None, found.text


def _train_gpt(*options: str) -> list[float]:
    main = runpy.run_path(str(EXAMPLE))["main"]
    return main([*options, "--batch=2", "--accumulate=2", "--sample=4"])


@pytest.mark.parametrize(
    ("dtype", "closeness"),
    [
        ("fp32", EXACT),
        # Autocast keeps other operators in float32 on CUDA than on the CPU.
        ("bf16", Closeness(relative=2e-2)),
        ("fp16", Closeness(relative=5e-3)),
    ],
)
def test_train_gpt(dtype: str, closeness: Closeness) -> None:
    options = (f"--dtype={dtype}", "--steps=4")
    expected = _train_gpt("--device=cpu", *options)
    actual = _train_gpt(f"--device={DEVICE}", *options)
    found = compare(expected, actual, closeness)
    assert found is None, found.text


def test_train_gpt_resumes_from_its_checkpoint(tmp_path: Path) -> None:
    options = (f"--device={DEVICE}", "--dtype=fp32", f"--checkpoint={tmp_path / 'gpt.pt'}")
    first = _train_gpt(*options, "--steps=3")
    second = _train_gpt(*options, "--steps=3", "--resume")
    on_cpu = _train_gpt("--device=cpu", *options[1:], "--steps=0", "--resume")
    assert len(first) == len(second) == 3
    assert second[0] < first[0]
    assert on_cpu == []
