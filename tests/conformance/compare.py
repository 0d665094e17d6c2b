"""Equality of results: metadata and bits, where any NaN equals any NaN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import keystr, tree_flatten_with_path

from tests.device import DEVICE

_INTEGER_OF_SIZE = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_SPARSE_PARTS = {
    torch.sparse_coo: ("_indices", "_values"),
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_bsr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
    torch.sparse_bsc: ("ccol_indices", "row_indices", "values"),
}


@dataclass
class Difference:
    """Where two results differ. `only_values`: their metadata agree."""

    text: str
    only_values: bool = False


@dataclass(frozen=True)
class Closeness:
    """How near values must be; without tolerances their bits are equal. Metadata always are."""

    relative: float = 0.0
    absolute: float = 0.0
    only_metadata: bool = False


EXACT = Closeness()


def compare(
    expected: Any,
    actual: Any,
    closeness: Closeness = EXACT,
    homes: tuple[str, str] = ("cpu", DEVICE),
) -> Difference | None:
    """The first difference between two trees of results; `homes` are the devices they must name."""
    expected_leaves, expected_spec = tree_flatten_with_path(expected)
    actual_leaves, actual_spec = tree_flatten_with_path(actual)
    if expected_spec != actual_spec:
        return Difference(f"structure {actual_spec}, not {expected_spec}")
    in_values = None
    for (path, left), (_, right) in zip(expected_leaves, actual_leaves, strict=True):
        difference = _leaf(left, right, closeness, homes)
        if difference is None:
            continue
        difference.text = f"{keystr(path)}: {difference.text}"
        if not difference.only_values:
            return difference
        in_values = in_values or difference
    return in_values


def _leaf(
    expected: Any, actual: Any, closeness: Closeness, homes: tuple[str, str]
) -> Difference | None:
    if isinstance(expected, torch.Tensor) and isinstance(actual, torch.Tensor):
        left, right = _metadata(expected, homes[0]), _metadata(actual, homes[1])
        for name in left:
            if left[name] != right[name]:
                return Difference(f"{name} {right[name]}, not {left[name]}")
        return _values(expected, actual, closeness)
    if isinstance(expected, torch.device) and isinstance(actual, torch.device):
        return None
    if type(expected) is not type(actual):
        return Difference(f"{type(actual).__name__}, not {type(expected).__name__}")
    if isinstance(expected, (float, complex)):
        return _values(torch.tensor(expected), torch.tensor(actual), closeness)
    same = expected is actual or expected == actual
    return None if same else Difference(f"{actual!r}, not {expected!r}", only_values=True)


def _metadata(tensor: torch.Tensor, home: str) -> dict[str, Any]:
    device = str(tensor.device)
    found = {
        "class": type(tensor).__name__,
        "dtype": tensor.dtype,
        "shape": tuple(tensor.shape) if not tensor.is_nested else None,
        "layout": tensor.layout,
        "requires_grad": tensor.requires_grad,
        "device": "as asked" if device == home else device,
    }
    if tensor.layout is torch.strided and not tensor.is_nested:
        found["stride"] = tensor.stride()
        found["storage_offset"] = tensor.storage_offset()
        found["conj"] = tensor.is_conj()
        found["neg"] = tensor.is_neg()
    if tensor.layout is torch.sparse_coo:
        found["coalesced"] = tensor.is_coalesced()
    return found


def _values(
    expected: torch.Tensor, actual: torch.Tensor, closeness: Closeness
) -> Difference | None:
    expected, actual = expected.detach(), actual.detach()
    if expected.is_meta or closeness.only_metadata:
        return None
    if expected.is_nested:
        return _parts(expected.unbind(), actual.unbind(), closeness)
    if expected.layout in _SPARSE_PARTS:
        parts = _SPARSE_PARTS[expected.layout]
        return _parts(
            [getattr(expected, part)() for part in parts],
            [getattr(actual, part)() for part in parts],
            closeness,
        )
    if expected.layout is not torch.strided:
        return _parts([expected.to_dense()], [actual.to_dense()], closeness)
    if expected.is_quantized:
        expected, actual = expected.int_repr(), actual.int_repr()
    expected, actual = expected.cpu(), actual.cpu()
    if closeness == EXACT:
        equal = _bits(expected, actual)
    else:
        if expected.dtype is torch.complex32:
            expected, actual = expected.to(torch.complex64), actual.to(torch.complex64)
        equal = torch.isclose(
            actual, expected, rtol=closeness.relative, atol=closeness.absolute, equal_nan=True
        )
    if equal.all():
        return None
    wrong = (~equal).nonzero()
    first = tuple(wrong[0].tolist())
    return Difference(
        f"{len(wrong)} of {equal.numel()} elements differ, first at {first}: "
        f"{actual[first].item()!r}, not {expected[first].item()!r}",
        only_values=True,
    )


def _parts(
    expected: Sequence[torch.Tensor], actual: Sequence[torch.Tensor], closeness: Closeness
) -> Difference | None:
    for left, right in zip(expected, actual, strict=True):
        if left.shape != right.shape or left.dtype != right.dtype:
            return Difference(f"a part of {right.dtype} {tuple(right.shape)}")
        found = _values(left, right, closeness)
        if found is not None:
            return found
    return None


def _bits(expected: torch.Tensor, actual: torch.Tensor) -> torch.Tensor:
    expected = expected.resolve_conj().resolve_neg()
    actual = actual.resolve_conj().resolve_neg()
    if expected.is_complex():
        parts = _bits(torch.view_as_real(expected), torch.view_as_real(actual))
        return parts.all(-1)
    integer = _INTEGER_OF_SIZE[expected.element_size()]
    equal = expected.contiguous().view(integer) == actual.contiguous().view(integer)
    if expected.is_floating_point() and not equal.all():
        equal = equal | (expected.isnan() & actual.isnan())
    return equal
