"""Storages on cuda, the legacy tensor types, and what is saved and loaded.

Oracles: torch/csrc/Storage.cpp, StorageMethods.cpp, tensor/python_tensor.cpp and the documentation
of `torch.load`.
"""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path

import pytest
import torch

from tests.device import needs_virtual_device

pytestmark = needs_virtual_device

TENSOR_NAMES = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]


@pytest.mark.parametrize("device", ["cuda", "cuda:1", torch.device("cuda", 1), 1])
def test_untyped_storage_is_made_on_the_device(device: object) -> None:
    storage = torch.UntypedStorage(10, device=device)
    expected = 0 if device == "cuda" else 1
    assert storage.device == torch.device("cuda", expected)
    assert storage.nbytes() == 10
    assert storage.is_cuda
    assert storage.data_ptr() != 0


def test_untyped_storage_counts_as_device_memory() -> None:
    before = torch.cuda.memory_allocated(1)
    storage = torch.UntypedStorage(1 << 20, device="cuda:1")
    assert torch.cuda.memory_allocated(1) == before + (1 << 20)
    del storage
    assert torch.cuda.memory_allocated(1) == before


def test_untyped_storage_from_a_sequence() -> None:
    storage = torch.UntypedStorage([1, 2, 255], device="cuda")
    assert storage.tolist() == [1, 2, 255]
    assert storage[2] == 255
    storage[0] = 7
    assert storage.cpu().tolist() == [7, 2, 255]


def test_other_devices_are_left_alone() -> None:
    assert torch.UntypedStorage(4).device.type == "cpu"
    assert torch.UntypedStorage(4, device="cpu").device.type == "cpu"
    assert torch.UntypedStorage(4, device="meta").device.type == "meta"
    assert torch.UntypedStorage(device="cuda").nbytes() == 0
    with pytest.raises(RuntimeError, match="only one or neither of 'allocator' or 'device'"):
        torch.UntypedStorage(4, device="cuda", allocator=1)
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.UntypedStorage(4, device="cuda:7")


def test_subclasses_of_storage_inherit() -> None:
    class Mine(torch.UntypedStorage):
        pass

    assert Mine(4, device="cuda").device.type == "cuda"


def test_typed_storage() -> None:
    storage = torch.TypedStorage(3, dtype=torch.float32, device="cuda")
    assert storage.device.type == "cuda"
    assert len(torch.cuda.FloatStorage(5)) == 5
    assert torch.cuda.FloatStorage([1.0, 2.0]).tolist() == [1.0, 2.0]


def test_storage_copies_between_devices() -> None:
    storage = torch.arange(4, dtype=torch.uint8).untyped_storage().cuda(1)
    assert storage.device == torch.device("cuda:1")
    assert storage.cpu().tolist() == [0, 1, 2, 3]
    back = torch.UntypedStorage(4)
    back.copy_(storage)
    assert back.tolist() == [0, 1, 2, 3]


def test_resize_keeps_what_fits() -> None:
    """at::native::resize_bytes_cuda: FSDP frees and restores parameters with it."""
    x = torch.arange(4, dtype=torch.uint8, device="cuda:1")
    storage = x.untyped_storage()
    before = torch.cuda.memory_allocated(1)
    assert storage.resize_(6) is storage
    assert storage[:4].tolist() == [0, 1, 2, 3]
    storage.resize_(2)
    assert storage.tolist() == [0, 1]
    storage.resize_(0)
    assert storage.nbytes() == 0
    assert torch.cuda.memory_allocated(1) < before
    storage.resize_(4)
    assert x.data_ptr() == storage.data_ptr() != 0
    assert storage.device == torch.device("cuda:1")


def test_resize_refuses_what_it_cannot_do() -> None:
    storage = torch.UntypedStorage(4, device="cuda")
    with pytest.raises(RuntimeError, match="cannot be represented as a size_t"):
        storage.resize_(-1)
    with pytest.raises(RuntimeError, match="resize_ expects an int"):
        storage.resize_("4")
    assert torch.UntypedStorage(4).resize_(8).nbytes() == 8


def test_views_share_their_storage() -> None:
    x = torch.arange(6.0, device="cuda")
    y = x.view(2, 3)[1]
    assert y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    assert y.untyped_storage()._cdata == x.untyped_storage()._cdata
    y.zero_()
    assert x.tolist() == [0, 1, 2, 0, 0, 0]


# --- save and load --------------------------------------------------------------------------------


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("weights_only", [True, False])
def test_load_restores_the_device(tmp_path: Path, zipped: bool, weights_only: bool) -> None:
    base = torch.arange(6.0, device="cuda:1")
    saved = {"whole": base, "part": base[2:4], "host": torch.ones(2)}
    path = tmp_path / "tensors.pt"
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    loaded = torch.load(path, weights_only=weights_only)
    assert loaded["whole"].device == torch.device("cuda:1")
    assert loaded["host"].device.type == "cpu"
    assert torch.equal(loaded["whole"].cpu(), base.cpu())
    loaded["part"].fill_(-1)  # still a view of the whole
    assert loaded["whole"].tolist() == [0, 1, -1, -1, 4, 5]


@pytest.mark.parametrize(
    ("map_location", "expected"),
    [
        ("cpu", "cpu"),
        ("cuda:0", "cuda:0"),
        (torch.device("cuda", 0), "cuda:0"),
        ({"cuda:1": "cuda:0"}, "cuda:0"),
        (lambda storage, location: storage.cuda(0), "cuda:0"),
        (lambda storage, location: storage, "cpu"),
    ],
)
def test_map_location(map_location: object, expected: str) -> None:
    buffer = io.BytesIO()
    torch.save(torch.ones(3, device="cuda:1"), buffer)
    buffer.seek(0)
    loaded = torch.load(buffer, map_location=map_location)
    assert loaded.device == torch.device(expected)
    assert loaded.tolist() == [1, 1, 1]


def test_load_with_mmap(tmp_path: Path) -> None:
    path = tmp_path / "tensor.pt"
    torch.save(torch.arange(5, device="cuda"), path)
    assert torch.load(path, mmap=True, map_location="cuda:1").device == torch.device("cuda:1")
    assert torch.load(path, mmap=True).tolist() == [0, 1, 2, 3, 4]


def test_a_device_that_is_not_there_is_refused() -> None:
    """torch/serialization.py: _validate_device."""
    buffer = io.BytesIO()
    torch.save(torch.ones(1), buffer)
    buffer.seek(0)
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on CUDA device 5"):
        torch.load(buffer, map_location="cuda:5")


def test_files_say_cuda() -> None:
    """The location tag in the file is what a real GPU writes, so that it loads there."""
    buffer = io.BytesIO()
    torch.save(torch.ones(1, device="cuda:1"), buffer)
    assert b"cuda:1" in buffer.getvalue()


def test_pickle_and_deepcopy() -> None:
    x = torch.arange(3.0, device="cuda:1")
    for other in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x), copy.copy(x)):
        assert other.device == x.device
        assert torch.equal(other, x)
    module = torch.nn.Linear(2, 2).cuda()
    assert copy.deepcopy(module).weight.device.type == "cuda"
    storage = copy.deepcopy(x.untyped_storage())
    assert storage.device == torch.device("cuda:1")
    assert storage.data_ptr() != x.untyped_storage().data_ptr()


def test_module_state_round_trip() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).cuda()
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(5, 3, device="cuda")).sum().backward()
    optimizer.step()
    buffer = io.BytesIO()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, buffer)
    buffer.seek(0)
    state = torch.load(buffer)
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).cuda()
    other.load_state_dict(state["model"])
    for mine, theirs in zip(model.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)
    torch.optim.Adam(other.parameters()).load_state_dict(state["optimizer"])


# --- legacy tensor types --------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The torch.cuda")
@pytest.mark.parametrize("name", TENSOR_NAMES)
def test_legacy_tensor_type(name: str) -> None:
    cls = getattr(torch.cuda, name)
    made = cls([1, 0, 1])
    assert made.device == torch.device("cuda:0")
    assert made.dtype == cls.dtype == getattr(torch, name).dtype
    assert made.tolist() == getattr(torch, name)([1, 0, 1]).tolist()
    assert made.type() == f"torch.cuda.{name}"
    assert isinstance(made, cls)
    assert not isinstance(made.cpu(), cls)
    assert cls(2, 3).shape == (2, 3)
    assert torch.ones(2).type(cls).type() == f"torch.cuda.{name}"


@pytest.mark.filterwarnings("ignore:The torch.cuda")
def test_legacy_type_follows_the_current_device() -> None:
    with torch.cuda.device(1):
        assert torch.cuda.FloatTensor(2).device == torch.device("cuda:1")


@pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type")
def test_set_default_tensor_type() -> None:
    try:
        torch.set_default_tensor_type(torch.cuda.HalfTensor)
        made = torch.tensor([1.5])
        assert (made.device.type, made.dtype) == ("cuda", torch.float16)
        assert torch.empty(2).is_cuda
        torch.set_default_tensor_type("torch.cuda.DoubleTensor")
        assert torch.zeros(1).type() == "torch.cuda.DoubleTensor"
    finally:
        torch.set_default_tensor_type(torch.FloatTensor)
    assert torch.zeros(1).type() == "torch.FloatTensor"
    assert torch.cuda.FloatTensor.is_cuda
    with pytest.raises(TypeError, match="invalid type object"):
        torch.set_default_tensor_type(int)
