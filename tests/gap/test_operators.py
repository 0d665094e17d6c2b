"""`torchdevice operators` against torchgen's own reader and PyTorch's own dispatcher."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchgen
from torchgen.gen import parse_native_yaml
from torchgen.model import DeviceCheckType, DispatchKey, NativeFunction

TORCH = Path(torch.__file__).parent
NATIVE = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native"
KEYS = [
    "CPU",
    "CUDA",
    "MPS",
    "Meta",
    "XLA",
    "MkldnnCPU",
    "QuantizedCPU",
    "QuantizedCUDA",
    "SparseCPU",
    "SparseCUDA",
    "SparseMPS",
    "SparseCsrCPU",
    "SparseCsrCUDA",
    "NestedTensorCPU",
    "NestedTensorCUDA",
    "ZeroTensor",
]
COMPOSITES = [
    "CompositeExplicitAutogradNonFunctional",
    "CompositeExplicitAutograd",
    "CompositeImplicitAutogradNestedTensor",
    "CompositeImplicitAutograd",
]


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = os.environ.get("TORCHDEVICE_COMMAND", Path(sys.executable).parent / "torchdevice")
    return subprocess.run(
        [command, "operators", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def result() -> dict:
    keys = [argument for key in KEYS for argument in ("--key", key)]
    process = run("--torch", str(TORCH), "--format", "json", *keys)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.fixture(scope="module")
def ours(result) -> dict:
    return {full_name(op): op for op in result["operators"]}


@pytest.fixture(scope="module")
def parsed():
    return parse_native_yaml(str(NATIVE / "native_functions.yaml"), str(NATIVE / "tags.yaml"))


def full_name(op: dict) -> str:
    return f"{op['name']}.{op['overload']}" if op["overload"] else op["name"]


def theirs(function: NativeFunction, indices: dict) -> dict:
    """What torchgen says of one function, in the command's terms."""
    arguments = function.func.arguments
    positional = set(map(id, arguments.flat_positional))
    out = set(map(id, arguments.out))
    return {
        "name": str(function.func.name.name),
        "overload": function.func.name.overload_name,
        "namespace": function.namespace,
        "schema": str(function.func),
        "arguments": [
            {
                "name": argument.name,
                "type": str(argument.type),
                "alias": str(argument.annotation or ""),
                "default": argument.default,
                "keyword_only": id(argument) not in positional,
                "out": id(argument) in out,
            }
            for argument in function.func.schema_order_arguments()
        ],
        "returns": [
            {
                "name": value.name or "",
                "type": str(value.type),
                "alias": str(value.annotation or ""),
            }
            for value in function.func.returns
        ],
        "variants": sorted(variant.name for variant in function.variants),
        "python_module": function.python_module or "",
        "tags": sorted(function.tags),
        "dispatch": {
            str(key): index.index[function.func.name].kernel
            for key, index in indices.items()
            if function.func.name in index.index
        },
        "structured": function.structured,
        "structured_delegate": str(function.structured_delegate or ""),
        "autogen": [str(name) for name in function.autogen],
        "device_check": function.device_check is DeviceCheckType.ExactSame,
        "line": function.loc.line,
    }


def test_every_operator_is_read_as_torchgen_reads_it(result, parsed):
    functions = parsed.native_functions
    expected = [theirs(function, parsed.backend_indices) for function in functions]
    found = [{key: op[key] for key in expected[0]} for op in result["operators"]]
    assert [full_name(op) for op in found] == [full_name(op) for op in expected]
    differing = [
        (ours, other) for ours, other in zip(found, expected, strict=True) if ours != other
    ]
    assert differing[:3] == []


def test_generated_operators_say_what_they_come_from(result):
    for op in result["operators"]:
        assert bool(op["generated_from"]) == ("generated" in op["tags"]), full_name(op)


def test_nothing_is_left_out_in_silence(result):
    assert [line for line in result["problems"] if "native_functions" in line] == []


def test_composites_serve_the_keys_that_the_dispatcher_says(ours, parsed):
    functions = {str(function.func.name): function for function in parsed.native_functions}
    checked = 0
    for name, op in ours.items():
        if functions[name].structured_delegate is not None:
            continue
        for key, resolved in op["resolved"].items():
            if key in op["dispatch"]:
                assert resolved["by"] == "own", (name, key)
                assert resolved["kernel"] == op["dispatch"][key]
                continue
            if key == "Meta" and functions[name].structured:
                assert resolved["by"] == "generated"
                continue
            serving = [
                composite
                for composite in COMPOSITES
                if composite in op["dispatch"]
                and torch._C._dispatch_is_included_in_alias(key, composite)
            ]
            assert resolved["key"] == (serving[0] if serving else ""), (name, key)
            checked += bool(serving)
    assert checked > 10_000


def test_delegates_are_followed_as_torchgen_does(ours, parsed):
    index = parsed.backend_indices
    for function in parsed.native_functions:
        if function.structured_delegate is None:
            continue
        resolved = ours[str(function.func.name)]["resolved"]
        for key in ("CPU", "CUDA", "MPS"):
            kernel = index[DispatchKey.parse(key)].index.get(function.structured_delegate)
            if kernel is not None:
                assert resolved[key]["by"] == "delegate"
                assert resolved[key]["kernel"] == kernel.kernel
                assert resolved[key]["operator"] == str(function.structured_delegate)


@pytest.mark.parametrize("key", ["CPU", "MkldnnCPU", "SparseCPU", "SparseCsrCPU", "QuantizedCPU"])
def test_what_is_served_is_served_in_the_running_dispatcher(ours, key):
    """A CPU build has these kernels; the other way round, some of its kernels are in no YAML."""
    wrong = [
        name
        for name, op in ours.items()
        if op["resolved"][key]["by"] != "nothing"
        and not torch._C._dispatch_has_computed_kernel_for_dispatch_key(f"aten::{name}", key)
    ]
    assert wrong == []
    missed = [
        name
        for name, op in ours.items()
        if op["resolved"][key]["by"] == "nothing"
        and torch._C._dispatch_has_kernel_for_dispatch_key(f"aten::{name}", key)
    ]
    assert missed == []


def lists_of_common_mps() -> dict:
    """Each function's lists, as Python's own parser reads them."""
    tree = ast.parse((TORCH / "testing" / "_internal" / "common_mps.py").read_text())
    found = {}
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    for function in guarded.body:
        for node in function.body:
            if isinstance(node, ast.Assign):
                target = node.targets[0]
            elif isinstance(node, ast.AnnAssign):
                target = node.target
            else:
                continue
            if not isinstance(target, ast.Name) or "LIST" not in target.id:
                continue
            if isinstance(node.value, ast.Set):
                entries = {key.value: [] for key in node.value.elts}
            else:
                entries = {
                    key.value: [ast.unparse(dtype) for dtype in getattr(value, "elts", [])]
                    for key, value in zip(node.value.keys, node.value.values, strict=True)
                }
            found[function.name, target.id] = entries
    return found


def test_mps_lists_are_complete(result):
    found: dict = {}
    for record in result["mps"]["records"]:
        entries = found.setdefault((record["modifier"], record["list"]), {})
        entries[record["opinfo"]] = record["dtypes"]
        assert record["backward"] == (record["modifier"] == "mps_ops_grad_modifier")
    assert found == lists_of_common_mps()
    if torch.__version__.startswith("2.13.0"):
        unimplemented = found["mps_ops_modifier", "UNIMPLEMENTED_XFAILLIST"]
        assert len(unimplemented) == 111
        assert sum(not dtypes for dtypes in unimplemented.values()) == 61


def test_mps_records_belong_to_the_operators_that_opinfos_name(result, ours):
    from torch.testing._internal.common_methods_invocations import op_db

    known = {info.name + info.variant_test_name for info in op_db}
    found = {info["name"] for info in result["mps"]["opinfos"]}
    assert found <= known
    recorded = {record["opinfo"] for record in result["mps"]["records"]}
    assert recorded & known == recorded & found
    lists = {record["list"] for record in ours["linalg_eig"]["mps"]["records"]}
    assert lists == {"UNIMPLEMENTED_XFAILLIST", "UNIMPLEMENTED_XFAILLIST_SPARSE"}
    hermitian = {record["opinfo"] for record in ours["linalg_pinv"]["mps"]["records"]}
    assert hermitian == {"linalg.pinvhermitian"}


def test_names_choose_overloads():
    process = run("--torch", str(TORCH), "--format", "csv", "add.Tensor", "relu")
    assert process.returncode == 0, process.stderr
    rows = [line.split(",")[:2] for line in process.stdout.splitlines()]
    assert rows == [["name", "overload"], ["add", "Tensor"], ["relu", ""], ["relu", "out"]]
    process = run("--torch", str(TORCH), "nothing_of_this_name")
    assert process.returncode == 2
    assert "nothing_of_this_name: PyTorch" in process.stderr
    process = run("--torch", str(TORCH), "--key", "CUDAA", "add")
    assert process.returncode == 2
    assert "CUDAA: no backend's dispatch key" in process.stderr


def test_text_is_for_people():
    process = run("--torch", str(TORCH), "mm")
    assert process.returncode == 0, process.stderr
    summary, heading, *rows = process.stdout.splitlines()
    assert summary.startswith(f"PyTorch {torch.__version__}: ")
    assert heading.split()[::2] == ["CPU", "CUDA", "MPS"]
    assert rows[0].split()[0] == "mm"
