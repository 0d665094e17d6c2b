"""Copies of a sample's arguments on another device, equal in bits, strides and aliasing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.utils._pytree import tree_map

_DEVICES = ("cpu", "cuda")


class Transfer:
    """Copies one sample to `device`. Tensors that shared memory share it in the copy too."""

    def __init__(self, device: str) -> None:
        """Start with nothing copied."""
        self.device = torch.device(device)
        self.tensors: list[torch.Tensor] = []
        self._names_device = False
        self._copies: dict[int, torch.Tensor] = {}
        self._flat: dict[tuple[int, torch.dtype], torch.Tensor] = {}

    def __call__(self, tree: Any) -> Any:
        """The copy of a tree of arguments; `self.tensors` grows by the copied tensors."""
        return tree_map(self._leaf, tree)

    @property
    def default_device(self) -> AbstractContextManager:
        """Makes `device` the default where no argument says on which device to work."""
        return nullcontext() if self.tensors or self._names_device else self.device

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            if id(value) not in self._copies:
                copy = self._tensor(value)
                self._copies[id(value)] = copy
                self.tensors.append(copy)
            return self._copies[id(value)]
        if isinstance(value, torch.device) or (isinstance(value, str) and value in _DEVICES):
            self._names_device = True
            return self.device
        return value

    def _tensor(self, value: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            source = value.detach()
            if source.is_conj():
                copy = self._physical(source.conj()).conj()
            elif source.is_neg():
                copy = torch._neg_view(self._physical(torch._neg_view(source)))
            else:
                copy = self._physical(source)
        return copy.requires_grad_(value.requires_grad)

    def _physical(self, source: torch.Tensor) -> torch.Tensor:
        if source.layout is not torch.strided or source.is_nested or source.is_quantized:
            return source.to(self.device, copy=True)
        storage = source.untyped_storage()
        used = source.numel() * source.element_size()
        if source.is_contiguous() and storage.nbytes() == used:
            return source.to(self.device, copy=True)
        key = (storage._cdata, source.dtype)
        if key not in self._flat:
            count = storage.nbytes() // source.element_size()
            flat = torch.empty(0, dtype=source.dtype).set_(storage, 0, (count,))
            self._flat[key] = flat.to(self.device, copy=True)
        flat = self._flat[key]
        return flat.as_strided(source.size(), source.stride(), source.storage_offset())
