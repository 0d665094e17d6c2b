"""Compares what `torchdevice surface` reads from PyTorch's sources with PyTorch at run time.

Three comparisons, each with a bound that decides the exit status:

- signatures: of every Python function and class in scope that `inspect.signature` can read, the
  names, kinds and defaults of the parameters;
- public names: of every module in scope that has an `__all__` at run time, this list;
- stubs: every overload of every function of `torch/_C/_VariableFunctions.pyi` and of the class
  `TensorBase` in `torch/_C/__init__.pyi`, counted with CPython's `ast`.

    tools/compare_surface.py --command build/dev/bin/torchdevice
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import importlib
import importlib.util
import inspect
import json
import subprocess
import sys
import types
import warnings
from pathlib import Path
from typing import Any

MIN_EQUAL = 0.995
KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional_only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional_or_keyword",
    inspect.Parameter.VAR_POSITIONAL: "var_positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword_only",
    inspect.Parameter.VAR_KEYWORD: "var_keyword",
}


@dataclasses.dataclass
class Result:
    """What one comparison found."""

    title: str
    compared: int = 0
    equal: int = 0
    bound: float = 1.0
    different: list[str] = dataclasses.field(default_factory=list)
    skipped: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether enough is equal, and anything was compared at all."""
        return self.compared > 0 and self.equal >= self.bound * self.compared

    def count(self, difference: str | None) -> None:
        """Records one comparison: its difference, or None."""
        self.compared += 1
        if difference is None:
            self.equal += 1
        else:
            self.different.append(difference)

    def skip(self, reason: str) -> None:
        """Records what was not compared."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def report(self) -> str:
        """The figures, then each difference on a line."""
        share = self.equal / self.compared if self.compared else 0.0
        verdict = "passed" if self.passed else "FAILED"
        lines = [
            f"{self.title}: {self.equal} of {self.compared} equal ({share:.2%}), "
            f"at least {self.bound:.1%} asked for: {verdict}"
        ]
        lines += [f"  not compared: {count} {reason}" for reason, count in self.skipped.items()]
        lines += [f"  {difference}" for difference in sorted(self.different)]
        return "\n".join(lines)


def read_surface(command: str, *arguments: str) -> dict[str, Any]:
    """Runs `torchdevice surface` for the installed torch."""
    torch_folder = Path(importlib.util.find_spec("torch").origin).parent
    completed = subprocess.run(
        [command, "surface", *arguments, "--torch", str(torch_folder), "--format", "json"],
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(completed.stdout)


def resolve(name: str) -> tuple[Any, Any]:
    """The owner and the object of a dotted name; raises AttributeError or ImportError."""
    parts = name.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:-1]:
            owner = getattr(owner, part)
        static = inspect.getattr_static(owner, parts[-1], None)
        return owner, getattr(owner, parts[-1]) if static is None else static
    raise ImportError(name)


def dispatched(function: Any) -> list[Any]:
    """The functions behind torch._jit_internal.boolean_dispatch, which itself takes anything."""
    from torch._jit_internal import boolean_dispatched

    if inspect.isfunction(function) and function in boolean_dispatched:
        branches = boolean_dispatched[function]
        return [*dispatched(branches["if_false"]), *dispatched(branches["if_true"])]
    return [function]


def namespaces(thing: Any) -> list[dict[str, Any]]:
    """Where the names in the defaults of a function or class may be found."""
    found = []
    while thing is not None:
        if inspect.isclass(thing):
            for base in thing.__mro__:
                found.append(dict(vars(base)))
                found.append(vars(sys.modules.get(base.__module__, sys)))
                for method in ("__init__", "__new__", "__call__"):
                    function = inspect.unwrap(base.__dict__.get(method, len))
                    found.append(getattr(function, "__globals__", {}))
        else:
            found.append(getattr(thing, "__globals__", {}))
            with contextlib.suppress(AttributeError, TypeError, ValueError):
                found.append(dict(inspect.getclosurevars(thing).nonlocals))
        thing = getattr(thing, "__wrapped__", None)
    return found


def same_default(written: str | None, value: Any, scopes: list[dict[str, Any]]) -> bool:
    """Whether the default as written has the value that it has at run time."""
    if value is inspect.Parameter.empty:
        return written is None
    if written is None:
        return False
    if type(value).__name__ == "_HAS_DEFAULT_FACTORY_CLASS":
        return "default_factory" in written
    if written == repr(value):
        return True
    for scope in [*scopes, {}]:
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            evaluated = eval(written, {**scope})
            if evaluated is value or (type(evaluated) is type(value) and evaluated == value):
                return True
            if inspect.isfunction(value) and inspect.isfunction(evaluated):
                return evaluated.__code__.co_code == value.__code__.co_code
            # Objects made anew by each evaluation, NaN among them.
            if repr(evaluated).split(" at 0x")[0] == repr(value).split(" at 0x")[0]:
                return True
    return False


def signature_difference(
    entry: dict[str, Any], expected: inspect.Signature, scopes: list[dict[str, Any]]
) -> str:
    """What differs between an extracted signature and run time's; empty where nothing does."""
    ours = entry["parameters"]
    theirs = list(expected.parameters.values())
    given = [(p["name"], p["kind"]) for p in ours]
    wanted = [(p.name, KINDS[p.kind]) for p in theirs]
    if given != wanted:
        return f"{entry['text']} is {expected} at run time"
    for parameter, runtime in zip(ours, theirs, strict=True):
        if not same_default(parameter["default"], runtime.default, scopes):
            return (
                f"default of {runtime.name}: {parameter['default']!r} "
                f"is {runtime.default!r} at run time"
            )
    return ""


def compare_one(name: dict[str, Any], is_method: bool, result: Result) -> None:
    """Compares the signatures of one entry of the surface."""
    try:
        owner, thing = resolve(name["name"])
    except (AttributeError, ImportError) as error:
        result.skip(f"not there at run time ({type(error).__name__})")
        return
    if is_method and isinstance(thing, staticmethod | classmethod):
        thing = thing.__func__
    if is_method and not inspect.isfunction(inspect.unwrap(thing)):
        result.skip("methods defined in C")
        return
    if inspect.isclass(thing) and "__deprecated__" in vars(thing):
        # @deprecated hides a class's constructor behind a __new__ that takes anything.
        thing = types.MethodType(thing.__init__, object())
    candidates = dispatched(thing)
    differences = []
    for candidate in candidates:
        try:
            expected = inspect.signature(candidate)
        except (TypeError, ValueError):
            result.skip("that inspect.signature cannot read")
            return
        signatures = name["signatures"] if len(candidates) > 1 else name["signatures"][:1]
        if not signatures:
            differences.append(f"no signature is known; at run time it is {expected}")
            continue
        scopes = [*namespaces(candidate), vars(owner)]
        found = [signature_difference(s, expected, scopes) for s in signatures]
        if "" in found:
            result.count(None)
            return
        differences.append(found[0])
    result.count(f"{name['name']}: {differences[0]}")


def compare_signatures(surface: dict[str, Any], kinds: set[str], title: str) -> Result:
    """Compares every entry of these kinds with inspect.signature."""
    result = Result(title, bound=MIN_EQUAL)
    for name in surface["names"]:
        if name["kind"] in kinds:
            compare_one(name, "method" in kinds, result)
    return result


def compare_public_names(surface: dict[str, Any]) -> Result:
    """Compares the public names of every module in scope with its `__all__`."""
    result = Result("public names of modules with __all__")
    listed: dict[str, set[str]] = {}
    conventional: dict[str, set[str]] = {}
    only_in_stubs = set()
    unknown = {entry["name"] for entry in surface["unknown"]}
    for name in surface["names"]:
        owner, _, last = name["name"].rpartition(".")
        if name["public_by"] == "all":
            listed.setdefault(owner, set()).add(last)
        elif name["public_by"] == "convention":
            conventional.setdefault(owner, set()).add(last)
        if name["file"].endswith(".pyi"):
            only_in_stubs.add(name["name"])
    for name in surface["names"]:
        if name["kind"] != "module" or name["public_by"] != "scope":
            continue
        module = name["name"]
        try:
            runtime = getattr(importlib.import_module(module), "__all__", None)
        except Exception as error:
            result.skip(f"module that cannot be imported here: {module} ({error})")
            continue
        if runtime is None:
            continue
        ours = listed.get(module, set())
        missing = {n for n in set(runtime) - ours if f"{module}.{n}" not in unknown}
        # A module that is itself unknown has an __all__ that sources do not tell in full.
        if module in unknown:
            for _ in missing - conventional.get(module, set()):
                result.skip(f"names of {module}, whose __all__ sources do not tell in full")
            missing = set()
        extra = {n for n in ours - set(runtime) if f"{module}.{n}" not in unknown}
        if module in unknown:
            for name_in_stub in {n for n in extra if f"{module}.{n}" in only_in_stubs}:
                result.skip(f"names of {module} that only a stub has")
                extra.remove(name_in_stub)
        difference = "".join(
            f" {label}: {', '.join(sorted(names))}."
            for label, names in (("missing", missing), ("not there at run time", extra))
            if names
        )
        result.count(f"{module}:{difference}" if difference else None)
    return result


def stub_overloads(body: list[ast.stmt]) -> dict[str, list[list[str]]]:
    """The parameter names of every overload of every function in a stub's body."""
    found: dict[str, list[list[str]]] = {}
    for node in ast.walk(ast.Module(body=body, type_ignores=[])):
        if isinstance(node, ast.FunctionDef):
            a = node.args
            parameters = [*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg]
            found.setdefault(node.name, []).append([p.arg for p in parameters if p is not None])
    return found


def compare_attributes(command: str, body: list[ast.stmt], prefix: str, result: Result) -> None:
    """Looks for the attributes that a class in a stub annotates among those under `prefix`."""
    names = {ast.unparse(node.target) for node in body if isinstance(node, ast.AnnAssign)}
    surface = read_surface(command, *(f"{prefix}.{name}" for name in sorted(names)))
    found = {name["name"] for name in surface["names"]}
    for name in names:
        result.count(None if f"{prefix}.{name}" in found else f"{name}: no attribute")


def compare_stub(
    command: str, expected: dict[str, list[list[str]]], prefix: str, title: str
) -> Result:
    """Compares the overloads of a stub's functions with those read under `prefix`."""
    result = Result(title)
    names = [f"{prefix}.{name}" for name in expected]
    surface = read_surface(command, *names)
    found = {name["name"]: name for name in surface["names"]}
    for name, overloads in expected.items():
        entry = found.get(f"{prefix}.{name}")
        read = [] if entry is None else entry["signatures"]
        from_stub = [[p["name"] for p in s["parameters"]] for s in read if s["source"] == "pyi"]
        same = sorted(from_stub) == sorted(overloads)
        result.count(
            None if same else f"{name}: {len(overloads)} overloads, {len(from_stub)} were read"
        )
    return result


def compare_stubs(command: str) -> list[Result]:
    """Compares the two stubs that describe PyTorch's operators."""
    folder = Path(importlib.util.find_spec("torch").origin).parent / "_C"
    functions = ast.parse((folder / "_VariableFunctions.pyi").read_text(encoding="utf-8")).body
    module = ast.parse((folder / "__init__.pyi").read_text(encoding="utf-8")).body
    (tensor,) = (n for n in module if isinstance(n, ast.ClassDef) and n.name == "TensorBase")
    results = [
        compare_stub(
            command,
            stub_overloads(functions),
            "torch._C._VariableFunctions",
            "functions of _VariableFunctions.pyi",
        ),
        compare_stub(
            command,
            stub_overloads(tensor.body),
            "torch._C.TensorBase",
            "methods and attributes of TensorBase",
        ),
    ]
    compare_attributes(command, tensor.body, "torch._C.TensorBase", results[1])
    return results


def compare(command: str) -> list[Result]:
    """All comparisons."""
    surface = read_surface(command)
    return [
        compare_signatures(surface, {"function", "class"}, "functions and classes"),
        compare_signatures(surface, {"method"}, "methods"),
        compare_public_names(surface),
        *compare_stubs(command),
    ]


def main() -> int:
    """Prints the figures; 1 where one is below its bound."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    beside = str(Path(sys.executable).parent / "torchdevice")
    parser.add_argument("--command", default=beside, help="the torchdevice to run")
    arguments = parser.parse_args()
    results = compare(arguments.command)
    for result in results:
        print(result.report())
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
