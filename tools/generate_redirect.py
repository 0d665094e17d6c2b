"""Write the C++ that registers the redirect of every aten operator (see docs/architecture.md).

Reads native_functions.yaml as packaged in the installed torchgen, and the list of this project's
own kernels in src/device/kernels/host_kernels.h. Writes into --out:

    redirect_<n>.cc     registration of one shard of the operators, grouped by C++ signature
    redirect_table.cc   calls all shards

Everything that a call needs to know of its operator is worked out here (Plan, src/device/redirect/
plan.h): which arguments are written, which are `out=`, and which device check CUDA's kernel makes.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torchgen
from torchgen import local
from torchgen.api import cpp, native
from torchgen.api.types import DispatcherSignature
from torchgen.gen import parse_native_yaml
from torchgen.model import (
    Argument,
    BackendIndex,
    BaseTy,
    BaseType,
    DeviceCheckType,
    DispatchKey,
    NativeFunction,
    NativeFunctionsGroup,
    OptionalType,
    SelfArgument,
    TensorOptionsArguments,
)
from torchgen.native_function_generation import pre_group_native_functions

REPOSITORY = Path(__file__).resolve().parent.parent
HOST_KERNELS = REPOSITORY / "src/device/kernels/host_kernels.h"
PACKAGED = Path(torchgen.__file__).parent / "packaged/ATen/native"

# Registered by hand in src/device/kernels: they make, move, resize or view CUDA storages.
NATIVE_KERNELS = {
    "empty.memory_format",
    "empty_strided",
    "tril_indices",
    "triu_indices",
    "as_strided",
    "view",
    "_reshape_alias",
    "unfold",
    "view_as_real",
    "view_as_complex",
    "set_",
    "set_.source_Storage",
    "set_.source_Storage_storage_offset",
    "set_.source_Tensor",
    "is_set_to",
    "record_stream",
    "_efficientzerotensor",
    "_lazy_clone",
    "_has_compatible_shallow_copy_type",
}

# Operators that take tensors of any devices.
CROSS_DEVICE = {"copy_"}

# Composite operators that must see the CUDA tensors themselves: they deal with identity, storages
# or devices, and build on operators that are redirected.
DEVICE_COMPOSITES = {
    "_fw_primal",
    "_make_dual",
    "_unsafe_view",
    "lift",
    "lift_fresh",
    "copy",
    "_foreach_copy",
    "_foreach_copy_",
    "_resize_output",
    "_resize_output_",
    "resize",
    "resize_as",
    "resize_as_",
    "set",
    "_copy_from",
    "is_pinned",
    "_pin_memory",
    # torch.jit.trace does not record it, but the _convolution in it.
    "convolution",
    "convolution.out",
}

# Integer matrix products: the CPU has them, CUDA has not (OpInfo's dtypes and dtypesIfCUDA; the
# conformance run fails where CUDA has what is refused). The names are those in CUDA's own error.
INTEGERS = (0, 1, 2, 3, 4)  # c10::ScalarType: Byte, Char, Short, Int, Long
REFUSED = {
    "mm": "addmm_cuda",
    "addmm": "addmm_cuda",
    "bmm": "baddbmm_cuda",
    "baddbmm": "baddbmm_cuda",
    "addmv": "addmv_impl_cuda",
    "dot": "dot",
    "vdot": "vdot",
}


@dataclass(frozen=True)
class Operator:
    """One operator to redirect, with the text of its Plan."""

    function: NativeFunction
    signature: str
    check: str
    method: str
    host_function: str | None

    @property
    def struct(self) -> str:
        return self.function.func.name.unambiguous_name()

    @property
    def header(self) -> str:
        return f"ATen/ops/{self.function.root_name}_ops.h"


def arguments(f: NativeFunction) -> list[Argument]:
    """The arguments in schema order, tensor options as the single arguments they are."""
    result: list[Argument] = []
    for argument in f.func.arguments.all:
        if isinstance(argument, TensorOptionsArguments):
            result += argument.all()
        elif isinstance(argument, SelfArgument):
            result.append(argument.argument)
        else:
            result.append(argument)
    return result


def takes(f: NativeFunction, *kinds: BaseTy) -> bool:
    for argument in arguments(f):
        kind = argument.type.elem if isinstance(argument.type, OptionalType) else argument.type
        if isinstance(kind, BaseType) and kind.name in kinds:
            return True
    return False


def mask(f: NativeFunction, wanted: set[str]) -> int:
    return sum(1 << i for i, argument in enumerate(arguments(f)) if argument.name in wanted)


def written_mask(f: NativeFunction) -> int:
    return mask(
        f, {a.name for a in arguments(f) if a.annotation is not None and a.annotation.is_write}
    )


def tensor_iterator_functions() -> set[str]:
    """Operators whose kernel leaves the device check to TensorIterator: a comment says so."""
    names = set()
    name = ""
    for line in (PACKAGED / "native_functions.yaml").read_text().splitlines():
        if match := re.match(r"- func: ([^(]+)\(", line):
            name = match[1]
        elif "device_check: NoCheck" in line and "TensorIterator" in line:
            names.add(name)
    return names


def own_functions() -> dict[str, str]:
    """at::_ops struct name -> function of src/device/kernels, as host_kernels.h lists them."""
    listing = HOST_KERNELS.read_text().split("#define TORCHDEVICE_HOST_KERNELS(K)", 1)[1]
    return dict(re.findall(r"K\((\w+),[\s\\]+(.+?)\)\s*(?:\\?$)", listing, re.MULTILINE))


class Generator:
    def __init__(self) -> None:
        parsed = parse_native_yaml(
            str(PACKAGED / "native_functions.yaml"), str(PACKAGED / "tags.yaml")
        )
        self.functions = parsed.native_functions
        self.cpu: BackendIndex = parsed.backend_indices[DispatchKey.CPU]
        self.cuda: BackendIndex = parsed.backend_indices[DispatchKey.CUDA]
        self.group: dict[str, NativeFunctionsGroup] = {}
        for by_kind in pre_group_native_functions(self.functions).values():
            grouped = NativeFunctionsGroup.from_dict(dict(by_kind))
            for f in grouped.functions() if grouped else ():
                self.group[str(f.func.name)] = grouped
        self.tensor_iterator = tensor_iterator_functions()
        self.own = own_functions()

    def operators(self) -> Iterator[Operator]:
        unknown = set(self.own)
        for f in self.functions:
            struct = f.func.name.unambiguous_name()
            unknown.discard(struct)
            own = self.own.get(struct)
            if own is None and not self.is_redirected(f):
                continue
            yield Operator(f, self.signature(f), self.check(f), self.method(f), own)
        if unknown:
            raise SystemExit(
                f"{HOST_KERNELS}: not operators of this PyTorch: {', '.join(sorted(unknown))}"
            )

    def has(self, index: BackendIndex, f: NativeFunction) -> bool:
        group = self.group.get(str(f.func.name))
        if group is not None and group.structured and index.has_kernel(group.out):
            return True
        return index.has_kernel(f)

    def is_redirected(self, f: NativeFunction) -> bool:
        name = str(f.func.name)
        if name in NATIVE_KERNELS or name in DEVICE_COMPOSITES:
            return False
        if f.manual_kernel_registration or takes(f, BaseTy.Storage, BaseTy.Stream):
            return False
        if not any(a.type.is_tensor_like() for a in arguments(f)):
            return False
        if "nondeterministic_seeded" in f.tags and not self.has(self.cpu, f):
            return False  # its parts draw from the CUDA generator
        if f.is_view_op or ("inplace_view" in f.tags and not self.has(self.cpu, f)):
            return False
        if self.has(self.cpu, f):
            return True
        return f.has_composite_explicit_autograd_kernel and not takes(f, BaseTy.Device)

    def check(self, f: NativeFunction) -> str:
        name = str(f.func.name)
        if name in CROSS_DEVICE:
            return "kNone"
        if f.func.name.name.base == "_convolution":
            return "kConvolution"
        if f.func.name.name.base in ("index", "index_put", "_index_put_impl"):
            return "kIndex"
        if name in self.tensor_iterator or self.inherits_tensor_iterator(f):
            return "kTensorIterator"
        if f.device_check == DeviceCheckType.ExactSame and (
            self.has(self.cuda, f) or self.has(self.cpu, f)
        ):
            return "kExactSame"
        if f.device_check == DeviceCheckType.NoCheck and self.has(self.cpu, f):
            return "kNone"
        return "kComposite" if f.has_composite_explicit_autograd_kernel else "kNone"

    def inherits_tensor_iterator(self, f: NativeFunction) -> bool:
        group = self.group.get(str(f.func.name))
        return (
            f.device_check == DeviceCheckType.NoCheck
            and group is not None
            and group.out.structured_inherits == "TensorIteratorBase"
        )

    def method(self, f: NativeFunction) -> str:
        """The wrapper's name, as torchgen/dest/register_dispatch_key.py makes it."""
        group = self.group.get(str(f.func.name))
        if group is not None and group.structured and self.cuda.has_kernel(group.out):
            return f"wrapper_CUDA_{native.name(f.func)}"
        return f"wrapper_CUDA_{f.func.name.overload_name}_{cpp.name(f.func)}"

    def signature(self, f: NativeFunction) -> str:
        with local.parametrize(
            use_const_ref_for_mutable_tensors=f.use_const_ref_for_mutable_tensors,
            use_ilistref_for_tensor_lists=f.part_of_structured_group,
        ):
            return DispatcherSignature.from_schema(f.func, symint=True).type()


def registration(op: Operator) -> str:
    f = op.function
    names = ", ".join(f'"{a.name}"' for a in arguments(f))
    outs = {a.name for a in f.func.arguments.out}
    checked = outs | {a.name for a in f.func.arguments.flat_positional}
    unchecked = {a.name for a in arguments(f)} - checked
    served = "kOwnKernel" if op.host_function else "kRedirect"
    kernel = REFUSED.get(f.func.name.name.base) if op.host_function is None else None
    refused = f', {sum(1 << t for t in INTEGERS):#x}, "{kernel}"' if kernel else ""
    masks = f"{written_mask(f):#x}, {mask(f, outs):#x}, {mask(f, unchecked):#x}"
    callee = f", &kernels::{op.host_function}" if op.host_function else ""
    return f"""  {{
    static constexpr const char* kArguments[] = {{{names}}};
    static constexpr Plan kPlan{{"aten::{f.func.name}", "{op.method}", kArguments,
                                DeviceCheck::{op.check}, Served::{served},
                                {masks}{refused}}};
    redirect<at::_ops::{op.struct}>(kPlan{callee});
  }}
"""


def shards(operators: list[Operator], count: int) -> list[list[Operator]]:
    """Splits by signature, so that each kernel template is compiled in one file only."""
    by_signature = defaultdict(list)
    for op in operators:
        by_signature[op.signature].append(op)
    result: list[list[Operator]] = [[] for _ in range(count)]
    weights = [0.0] * count
    for group in sorted(by_signature.values(), key=len, reverse=True):
        lightest = weights.index(min(weights))
        result[lightest] += group
        weights[lightest] += 10 + len(group)  # a template costs about as much as 10 registrations
    return result


def write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the generated files")
    parser.add_argument("--shards", type=int, default=8, help="number of redirect_<n>.cc")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    for number, operators in enumerate(shards(list(Generator().operators()), options.shards)):
        headers = sorted({op.header for op in operators})
        text = "// Written by tools/generate_redirect.py.\n"
        text += '#include "device/kernels/host_kernels.h"\n'
        text += '#include "device/redirect/register.h"\n\n'
        text += "".join(f"#include <{header}>\n" for header in headers)
        text += f"\nnamespace torchdevice {{\n\nvoid register_redirects_{number}() {{\n"
        text += "".join(registration(op) for op in operators)
        text += "}\n\n}  // namespace torchdevice\n"
        write_if_changed(options.out / f"redirect_{number}.cc", text)

    numbers = range(options.shards)
    text = "// Written by tools/generate_redirect.py.\nnamespace torchdevice {\n\n"
    text += "".join(f"void register_redirects_{n}();\n" for n in numbers)
    text += "\nvoid register_redirects() {\n"
    text += "".join(f"  register_redirects_{n}();\n" for n in numbers)
    text += "}\n\n}  // namespace torchdevice\n"
    write_if_changed(options.out / "redirect_table.cc", text)


if __name__ == "__main__":
    main()
