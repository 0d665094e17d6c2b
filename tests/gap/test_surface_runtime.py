"""`torchdevice surface` against PyTorch at run time and CPython's own reading of its stubs."""

import ast
import importlib.util
import os
import sys
from pathlib import Path

import pytest
import torchgen
from torchgen.api.python import signature
from torchgen.gen import parse_native_yaml
from torchgen.model import SchemaKind

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("compare_surface", ROOT / "tools/compare_surface.py")
compare_surface = importlib.util.module_from_spec(SPEC)
sys.modules["compare_surface"] = compare_surface
SPEC.loader.exec_module(compare_surface)


COMMAND = os.environ.get("TORCHDEVICE_COMMAND", str(Path(sys.executable).parent / "torchdevice"))


@pytest.fixture(scope="module")
def results() -> dict:
    found = compare_surface.compare(COMMAND)
    return {result.title: result for result in found}


@pytest.mark.parametrize(
    ("title", "at_least"),
    [
        ("functions and classes", 1000),
        ("methods", 1000),
        ("public names of modules with __all__", 100),
        ("functions of _VariableFunctions.pyi", 900),
        ("methods and attributes of TensorBase", 650),
    ],
)
def test_as_at_run_time(results, title, at_least):
    result = results[title]
    assert result.compared >= at_least, result.report()
    assert result.passed, result.report()


def test_a_comparison_can_fail():
    nothing = compare_surface.Result("nothing compared")
    assert not nothing.passed
    result = compare_surface.Result("one of two", bound=0.995)
    result.count(None)
    result.count("f: differs")
    assert not result.passed
    assert "1 of 2" in result.report()


def test_defaults_are_compared_by_value():
    same = compare_surface.same_default
    assert same("1e-5", 1e-05, [])
    assert same("x", 3, [{"x": 3}])
    assert not same("1", 1.0, [])
    assert not same(None, 1, [])
    assert not same("y", 3, [{"x": 3}])


def parameters_of_stub(text: str) -> list[tuple]:
    """Name, whether keyword-only, and default of each parameter of a stub's function."""
    arguments = ast.parse(text).body[0].args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
    rows = [(a, False, d) for a, d in zip(positional, defaults, strict=True)]
    rows += [(a, True, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return [(a.arg, only, None if d is None else ast.unparse(d)) for a, only, d in rows]


def unparsed(default: str | None) -> str | None:
    """CPython's spelling of a default."""
    return None if default is None else ast.unparse(ast.parse(default, mode="eval"))


def parameters_of_entry(signature: dict) -> list[tuple]:
    return [
        (p["name"], p["kind"] == "keyword_only", unparsed(p["default"]))
        for p in signature["parameters"]
        if p["name"] != "out"
    ]


def test_operators_without_a_stub_are_as_torchgen_binds_them():
    native = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native"
    parsed = parse_native_yaml(str(native / "native_functions.yaml"), str(native / "tags.yaml"))
    expected: dict[str, list] = {}
    for function in parsed.native_functions:
        without_stub = function.python_module in ("linalg", "special", "fft")
        if without_stub and function.func.kind() != SchemaKind.out:
            text = signature(function, pyi=True).signature_str_pyi(skip_outputs=True)
            name = str(function.func.name.name)
            expected.setdefault(name, []).append(parameters_of_stub(text))
    modules = ["torch.linalg", "torch.special", "torch.fft"]
    compared = 0
    for entry in compare_surface.read_surface(COMMAND, *modules)["names"]:
        ours = [parameters_of_entry(s) for s in entry["signatures"] if s["source"] == "yaml"]
        if entry["kind"] != "builtin" or not ours:
            continue
        theirs = expected[entry["defined_as"].rpartition(".")[2]]
        found = sorted((o for o in ours if o in theirs), key=repr)
        assert found == sorted(theirs, key=repr), (entry["name"], ours)
        compared += 1
    assert compared >= 100
