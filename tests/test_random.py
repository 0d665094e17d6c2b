"""Random numbers of CUDA tensors: those of a real GPU, and its generators.

Oracles: numbers that people printed on real GPUs and published (each test names the place), and
`tests/philox_reference.py`, a model of CUDA's launches written from the documentation, which is
itself checked against such numbers and against Random123's known answers.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor

from tests import philox_reference as reference
from tests.device import needs_virtual_device
from tests.philox_reference import Card

pytestmark = needs_virtual_device

SEED = 0x0123456789ABCDEF


def card() -> Card:
    """The card that this process presents."""
    properties = torch.cuda.get_device_properties(0)
    return Card(properties.multi_processor_count, properties.max_threads_per_multi_processor)


def many() -> int:
    """More elements than two rounds of the card's threads take."""
    return 2 * 4 * card().threads(10**9) + 77


def offset() -> int:
    return torch.cuda.default_generators[0].get_offset()


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.cuda.set_device(0)
    torch.cuda.manual_seed_all(SEED)


def expect(actual: Tensor, expected: Tensor | np.ndarray | list, tolerance: float = 0) -> None:
    """Equal bits, or close by an absolute and relative tolerance."""
    values = actual.cpu()
    wanted = torch.as_tensor(expected).to(values.dtype).reshape(values.shape)
    torch.testing.assert_close(values, wanted, atol=tolerance, rtol=tolerance)


# --- the model ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_model_known_answers(counter: tuple, key: tuple, expected: tuple) -> None:
    """Random123's tests/kat_vectors, "philox4x32 10"."""
    words = reference.philox4x32([np.array([c], np.uint64) for c in counter], key)
    assert tuple(int(word[0]) for word in words) == expected


@pytest.mark.parametrize(
    ("multiprocessors", "threads", "expected"),
    [(56, 2048, 999826), (13, 2048, 999100)],
    ids=["P100", "K80"],
)
def test_model_on_two_cards(multiprocessors: int, threads: int, expected: int) -> None:
    """The sum of nn.Dropout(0.5) of a million ones: github.com/pytorch/pytorch/issues/25690.

    With seed 0, on a P100 and on a K80. The kernel of that time dealt numbers as bernoulli_ does.
    """
    numbers = reference.launch(10**6, reference.uniform, 0, 0, Card(multiprocessors, threads))
    assert 2 * np.count_nonzero(numbers < 0.5) == expected


@pytest.mark.parametrize(
    ("multiprocessors", "threads", "red", "green", "blue"),
    [(84, 1536, 1.9983, 0.8704, 2.1127)],
    ids=["RTX A6000"],
)
def test_model_of_normal_numbers(
    multiprocessors: int, threads: int, red: float, green: float, blue: float
) -> None:
    """Part of normal_() on (1, 3, 128, 128), seed 43: github.com/pytorch/pytorch/issues/62467."""
    chosen = Card(multiprocessors, threads)
    noise = reference.launch(3 * 128 * 128, reference.normal, 43, 0, chosen)
    assert noise[:: 128 * 128] == pytest.approx([red, green, blue], abs=6e-5)


# --- numbers published from real GPUs -------------------------------------------------------------


def test_published_rand() -> None:
    """torch.rand((9, 4)) with seed 0: the tests of ReDrafter in github.com/NVIDIA/TensorRT-LLM.

    The first five numbers also stand in github.com/pytorch/pytorch/issues/47347, drawn by
    torch.distributions.Uniform.
    """
    expected = [
        [0.3990, 0.5167, 0.0249, 0.9401],
        [0.9459, 0.7967, 0.4150, 0.8203],
        [0.2290, 0.9096, 0.1183, 0.0752],
        [0.4092, 0.9601, 0.2093, 0.1940],
        [0.8909, 0.4387, 0.3570, 0.5454],
        [0.8299, 0.2099, 0.7684, 0.4290],
        [0.2117, 0.6606, 0.1654, 0.4250],
        [0.9927, 0.6964, 0.2472, 0.7028],
        [0.7494, 0.9303, 0.0494, 0.0750],
    ]
    torch.manual_seed(0)
    expect(torch.rand((9, 4), device="cuda"), expected, 5.1e-5)
    torch.manual_seed(0)
    low, high = torch.zeros((), device="cuda"), torch.ones((), device="cuda")
    numbers = torch.distributions.Uniform(low, high).rsample((5,))
    expect(numbers, [0.3990, 0.5167, 0.0249, 0.9401, 0.9459], 5.1e-5)


def test_published_second_rand() -> None:
    """Two calls after seed 0: BasicExample.scala of github.com/davidedomini/storch-example.

    The second starts at offset 4.
    """
    torch.manual_seed(0)
    torch.rand(3, 3, device="cuda")
    expected = [[0.9722, 0.7910, 0.4690], [0.3300, 0.3345, 0.3783], [0.7640, 0.6405, 0.1103]]
    expect(torch.rand(3, 3, device="cuda"), expected, 5.1e-5)


def test_published_randn() -> None:
    """torch.randn(3) with seed 10: github.com/pytorch/pytorch/issues/79496."""
    torch.manual_seed(10)
    expect(torch.randn(3, device="cuda"), [-0.1029, 1.6810, -0.2708], 5.1e-5)


def test_published_randn_of_flashinfer() -> None:
    """torch.randn(2, 5) with seed 42: the docstring of Sample in flashinfer.logits_processor.

    github.com/flashinfer-ai/flashinfer; the first three also stand in
    github.com/pytorch/pytorch/issues/158398.
    """
    torch.manual_seed(42)
    expected = [
        [0.1940, 2.1614, -0.1721, 0.8491, -1.9244],
        [0.6530, -0.6494, -0.8175, 0.5280, -1.2753],
    ]
    expect(torch.randn(2, 5, device="cuda"), expected, 5.1e-5)


def test_published_initial_weights() -> None:
    """nn.Linear(1, 1) with seed 42: github.com/mrdbourke/pytorch-deep-learning/issues/759.

    Its parameters come from uniform_(-1, 1).
    """
    torch.manual_seed(42)
    with torch.device("cuda"):
        layer = torch.nn.Linear(1, 1)
    expect(layer.weight, [[0.2259]], 5.1e-5)
    expect(layer.bias, [0.9754], 5.1e-5)


def test_published_normal() -> None:
    """normal_(5, 5**.5) with seed 14: github.com/pytorch/pytorch/issues/97097.

    These were alike on an RTX A4000 and an RTX 2070 Super.
    """
    torch.manual_seed(14)
    numbers = torch.empty(1000, 100, device="cuda").normal_(5, 5**0.5)
    expect(numbers[0, :3], [2.8731, 5.2727, 2.9889], 5.1e-5)
    expect(numbers[:3, -1], [6.6319, 7.4698, 3.3063], 5.1e-5)


@pytest.mark.parametrize(
    ("profile", "last"),
    [
        ("a100-80gb", [0.1549, -0.6797, -0.1656]),
        ("h100-80gb", [-0.6970, -0.7780, 0.3267]),
    ],
)
def test_published_numbers_of_a_card(profile: str, last: list[float]) -> None:
    """One call with seed 1 on an A100 and an H100: github.com/pytorch/pytorch/issues/143086."""
    program = (
        "import torch; generator = torch.Generator('cuda').manual_seed(1); "
        "x = torch.randn(1, 49 * 12 * 112 * 144, device='cuda', generator=generator)[0]; "
        "print(x[:3].tolist() + x[-3:].tolist())"
    )
    output = subprocess.run(
        [sys.executable, "-m", "torchdevice", "--profile", profile, "-c", program],
        check=True,
        stdout=subprocess.PIPE,
        timeout=120,
    ).stdout
    assert json.loads(output) == pytest.approx([-0.2963, 2.6764, -0.1408, *last], abs=6e-5)


# --- every distribution against the model ---------------------------------------------------------


def drawn(draw: object, elements: int, seed: int = SEED, start: int = 0) -> np.ndarray:
    return reference.launch(elements, draw, seed, start, card())


@pytest.mark.parametrize("elements", [1, 255, 256, 257, 5000, None])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_uniform(elements: int | None, dtype: torch.dtype) -> None:
    """DistributionTemplates.h, uniform_kernel: bits; 1 becomes 0."""
    elements = elements or many()
    double = dtype == torch.float64
    expected = drawn(reference.uniform_double if double else reference.uniform, elements)
    expect(torch.rand(elements, device="cuda", dtype=dtype), np.where(expected == 1, 0, expected))
    assert offset() == reference.increment(elements, 2 if double else 4, card())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_uniform_half(dtype: torch.dtype) -> None:
    """Computed in float and rounded; what is rounded to the upper bound becomes the lower one."""
    numbers = torch.from_numpy(drawn(reference.uniform, 100_000)).to(dtype)
    assert (numbers == 1).any()
    assert torch.equal(
        torch.rand(100_000, device="cuda", dtype=dtype).cpu(), numbers.masked_fill(numbers == 1, 0)
    )


def test_uniform_range_is_one_fused_operation() -> None:
    """The compiler contracts `rand * range + from` (nvcc, "-fmad=true")."""
    low, high = np.float32(-3.7), np.float32(11.9)
    numbers = drawn(reference.uniform, 50_000).astype(np.float64)
    # The product of two floats is exact in a double; the sum is rounded twice, which differs from
    # once only where it falls in the middle.
    expected = (numbers * np.float64(high - low) + np.float64(low)).astype(np.float32)
    actual = torch.empty(50_000, device="cuda").uniform_(float(low), float(high)).cpu().numpy()
    assert np.count_nonzero(actual != expected) <= 1


@pytest.mark.parametrize("elements", [1, 257, None])
def test_normal(elements: int | None) -> None:
    """normal_kernel. cuRAND's sine and cosine are the GPU's fast ones: 1e-6 is their error too."""
    elements = elements or many()
    expected = drawn(reference.normal, elements)
    expect(torch.randn(elements, device="cuda"), expected, 1e-6)
    assert offset() == reference.increment(elements, 4, card())
    torch.cuda.manual_seed(SEED)
    scaled = torch.empty(elements, device="cuda").normal_(3, 0.5)
    expect(scaled, expected * 0.5 + 3, 1e-6)


def test_normal_double() -> None:
    elements = many() // 3
    expected = drawn(reference.normal_double, elements)
    expect(torch.randn(elements, device="cuda", dtype=torch.float64), expected, 1e-13)
    assert offset() == reference.increment(elements, 2, card())


def test_normal_half() -> None:
    expected = torch.from_numpy(drawn(reference.normal, 9999)).float()
    for dtype in (torch.float16, torch.bfloat16):
        torch.cuda.manual_seed(SEED)
        actual = torch.randn(9999, device="cuda", dtype=dtype).cpu()
        assert (actual != expected.to(dtype)).sum() <= 20  # where rounding is a close call


def test_normal_of_tensors() -> None:
    """native/DistributionTemplates.h, normal_out_impl: a draw, a product and a sum."""
    mean, std = torch.arange(6.0, device="cuda"), torch.arange(1.0, 7.0, device="cuda")
    z = torch.from_numpy(drawn(reference.normal, 6)).float()
    for draw, expected in (
        (lambda: torch.normal(mean, std), z * std.cpu() + mean.cpu()),
        (lambda: torch.normal(mean, 2.0), z * 2 + mean.cpu()),
        (lambda: torch.normal(1.0, std), z * std.cpu() + 1),
        (lambda: torch.normal(1.0, 2.0, (6,), device="cuda"), z * 2 + 1),
        (
            lambda: torch.normal(mean, std, out=torch.empty(0, device="cuda")),
            z * std.cpu() + mean.cpu(),
        ),
    ):
        torch.cuda.manual_seed(SEED)
        torch.testing.assert_close(draw().cpu(), expected, atol=5e-6, rtol=1e-6)
    with pytest.raises(RuntimeError, match=r"normal expects all elements of std >= 0\.0"):
        torch.normal(mean, -std)


def test_complex_numbers() -> None:
    """Pairs of real ones; normal ones have half the variance each (normal_impl_)."""
    expected = drawn(reference.normal, 20).reshape(10, 2) / math.sqrt(2)
    expect(torch.view_as_real(torch.randn(10, device="cuda", dtype=torch.cfloat)), expected, 1e-6)


def test_other_continuous_distributions() -> None:
    """exponential_, log_normal_ and cauchy_ transform uniform or normal numbers.

    CUDA takes fast logarithms, exponentials and tangents there: no bits are promised.
    """
    u = drawn(reference.uniform, 3000).astype(np.float64)
    z = drawn(reference.normal, 3000)
    for fill, expected in (
        (lambda x: x.exponential_(2.0), -np.log(u) / 2),
        (lambda x: x.log_normal_(0.5, 0.25), np.exp(z * 0.25 + 0.5)),
        (lambda x: x.cauchy_(1, 2), 1 + 2 * np.tan(np.pi * (u - 0.5))),
    ):
        torch.cuda.manual_seed(SEED)
        moderate = np.abs(expected) < 20  # near its poles, a tangent magnifies the rounding of u
        expect(fill(torch.empty(3000, device="cuda"))[moderate], expected[moderate], 3e-5)


def test_exponential_is_never_zero() -> None:
    """TransformationHelper.h: log(1) is taken as -epsilon / 2."""
    numbers = torch.empty(1 << 25, device="cuda").exponential_()
    assert numbers.min().item() == pytest.approx(torch.finfo(torch.float32).eps / 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.float16])
def test_geometric(dtype: torch.dtype) -> None:
    """Exact, but where the quotient of two logarithms is an integer nearly."""
    quotient = np.log(drawn(reference.uniform, 5000).astype(np.float64)) / np.log(0.7)
    expected = torch.from_numpy(np.ceil(quotient)).to(dtype)
    actual = torch.empty(5000, device="cuda", dtype=dtype).geometric_(0.3).cpu()
    assert (actual != expected).sum() <= 2


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8, torch.float32])
@pytest.mark.parametrize("bounds", [(0, 10), (-5, 100), (17, 18)])
def test_random_integers(dtype: torch.dtype, bounds: tuple[int, int]) -> None:
    """random_from_to_kernel: the remainder of a 32-bit word if the range is below 2^28."""
    low, high = (0, bounds[1]) if dtype == torch.uint8 else bounds
    words = drawn(lambda words: words, 3000)
    expected = (words % np.uint64(high - low)).astype(np.int64) + low
    expect(torch.randint(low, high, (3000,), device="cuda", dtype=dtype), expected)
    assert offset() == 4


@pytest.mark.parametrize("bounds", [(0, 1 << 28), (-(1 << 40), 1 << 41)])
def test_random_integers_of_long_ranges(bounds: tuple[int, int]) -> None:
    """The remainder of two words from 2^28 on."""
    elements = many() // 2
    words = drawn(reference.long_words, elements)
    expected = (words % np.uint64(bounds[1] - bounds[0])).astype(np.int64) + bounds[0]
    expect(torch.randint(*bounds, (elements,), device="cuda"), expected)
    assert offset() == reference.increment(elements, 2, card())


def test_random_without_bounds() -> None:
    """random_kernel and random_full_64_bits_range_kernel."""
    words, long_words = drawn(lambda words: words, 500), drawn(reference.long_words, 500)
    for dtype, expected in (
        (torch.int64, long_words % np.uint64(1 << 63)),
        (torch.float64, long_words % np.uint64((1 << 53) + 1)),
        (torch.float32, words % np.uint64((1 << 24) + 1)),
        (torch.int32, words % np.uint64(1 << 31)),
        (torch.uint8, words % np.uint64(256)),
        (torch.bool, words % np.uint64(2)),
    ):
        torch.cuda.manual_seed(SEED)
        actual = torch.empty(500, device="cuda", dtype=dtype).random_()
        assert np.array_equal(actual.cpu().double().numpy(), expected.astype(np.float64))
    torch.cuda.manual_seed(SEED)
    everything = torch.empty(500, device="cuda", dtype=torch.int64).random_(-(1 << 63), None)
    assert np.array_equal(everything.cpu().numpy(), long_words.view(np.int64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.int64, torch.float64])
def test_bernoulli(dtype: torch.dtype) -> None:
    """bernoulli_scalar_cuda_: u < p, on doubles for a double tensor."""
    draw = reference.uniform_double if dtype == torch.float64 else reference.uniform
    expected = drawn(draw, 3000) < 0.3
    expect(torch.empty(3000, device="cuda", dtype=dtype).bernoulli_(0.3), expected)


def test_bernoulli_of_a_tensor() -> None:
    """bernoulli_tensor_cuda_kernel: thread t has elements 4 t to 4 t + 3, from one block.

    They are u <= p, and the offset moves by 12.
    """
    p = torch.rand(3, 1001, device="cuda")
    torch.cuda.manual_seed(SEED)
    words = reference.curand4(SEED, np.arange(751), 0)
    numbers = reference.uniform(words).T.ravel()[:3003].reshape(3, 1001)
    expect(torch.bernoulli(p), numbers <= p.cpu().numpy())
    assert offset() == 12
    torch.cuda.manual_seed(SEED)
    turned = torch.empty(1001, 3, device="cuda").t().bernoulli_(p.t().contiguous().t())
    columns = reference.uniform(words).T.ravel()[:3003].reshape(1001, 3).T
    expect(turned, columns <= p.cpu().numpy())
    with pytest.raises(RuntimeError, match=r"in \[0, 1\]"):
        torch.bernoulli(torch.full((2,), 1.5, device="cuda"))


# --- which element gets which number --------------------------------------------------------------


def test_numbers_follow_memory() -> None:
    """TensorIterator reorders dimensions by their strides."""
    expected = drawn(reference.uniform, 24)
    expect(torch.rand(4, 6, device="cuda").t(), expected.reshape(4, 6).T)
    torch.cuda.manual_seed(SEED)
    turned = torch.empty(4, 6, device="cuda").t().uniform_()
    expect(turned, expected.reshape(4, 6).T)
    torch.cuda.manual_seed(SEED)
    gaps = torch.zeros(8, 6, device="cuda")
    gaps[::2, ::3].uniform_()
    expect(gaps[::2, ::3], expected[:8].reshape(4, 2))
    assert gaps.count_nonzero() == 8
    torch.cuda.manual_seed(SEED)
    channels_last = torch.rand_like(
        torch.empty(2, 3, 2, 2, device="cuda", memory_format=torch.channels_last)
    )
    expect(channels_last.permute(0, 2, 3, 1), expected.reshape(2, 2, 2, 3))
    torch.cuda.manual_seed(SEED)
    expect(torch.rand((), device="cuda"), expected[0])


def test_halves_of_a_tensor_that_needs_64_bits() -> None:
    """Halved until 32 bits can address each part; what the whole reserved is skipped."""
    scattered = torch.empty(3 << 30, device="cuda", dtype=torch.uint8)[:: 1 << 29]
    halves = [drawn(lambda words: words, 3, start=start) % np.uint64(256) for start in (4, 8)]
    expect(scattered.random_(), np.concatenate(halves).astype(np.uint8))
    assert offset() == 12


def test_no_numbers_for_no_elements() -> None:
    torch.rand(0, device="cuda")
    torch.empty(0, 3, device="cuda").normal_()
    assert offset() == 0
