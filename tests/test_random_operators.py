"""Dropout, permutations and sampling on CUDA tensors, and the state of CUDA generators.

Oracles: PyTorch's C++ sources, named in each docstring, modelled in numpy on the numbers of
`tests/philox_reference.py`.
"""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests import philox_reference as reference
from tests.device import needs_virtual_device
from tests.test_random import SEED, card, drawn, expect, many, offset

pytestmark = needs_virtual_device


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.cuda.set_device(0)
    torch.cuda.manual_seed_all(SEED)


# --- dropout --------------------------------------------------------------------------------------


def kept(elements: int, vector: int, probability: float) -> np.ndarray:
    """fused_dropout_kernel_vec: a thread keeps or drops `vector` elements in a row at a time."""
    threads, iterations = card().threads(elements), []
    blocks, used = max(1, vector // 4), min(vector, 4)
    for start in range(0, elements, threads * vector):
        position = start // (threads * vector) * blocks * 4
        numbers = [
            reference.uniform(reference.curand4(SEED, np.arange(threads), position + 4 * b))[:used]
            for b in range(blocks)
        ]
        iterations.append(np.concatenate(numbers).T.ravel())
    return np.concatenate(iterations)[:elements] < probability


@pytest.mark.parametrize(
    ("elements", "dtype", "vector"),
    [
        (4096, torch.float32, 4),
        (None, torch.float32, 4),
        (4096 + 2, torch.float32, 2),
        (4096, torch.float64, 2),
        (4096, torch.float16, 8),
        (None, torch.float16, 8),
        (4096 + 4, torch.bfloat16, 4),
    ],
)
def test_dropout_on_vectors(elements: int | None, dtype: torch.dtype, vector: int) -> None:
    """native/cuda/Dropout.cu, get_vector_size: 16 bytes at a time, without a remainder."""
    elements = elements or many() // 8 * 8
    x = torch.ones(elements, device="cuda", dtype=dtype)
    expected = kept(elements, vector, 0.75)
    dropped = F.dropout(x, 0.25)
    scale = torch.tensor(1 / 0.75, dtype=torch.float64 if dtype == torch.float64 else torch.float32)
    expect(dropped, torch.from_numpy(expected) * scale.to(dtype))
    assert offset() == reference.increment(elements, 4, card())


def test_dropout_of_a_misaligned_tensor() -> None:
    """An address that is a multiple of 8 allows two floats at a time."""
    x = torch.ones(4098, device="cuda")[2:]
    assert torch.equal(F.dropout(x, 0.5).cpu() != 0, torch.from_numpy(kept(4096, 2, 0.5)))


@pytest.mark.parametrize("elements", [4095, None])
def test_dropout_by_single_elements(elements: int | None) -> None:
    """An odd number of elements: fused_dropout_kernel, a grid-stride loop."""
    elements = elements or many() // 2 * 2 + 1
    x = torch.ones(elements, device="cuda")
    result, mask = torch.native_dropout(x, 0.4, True)
    expected = drawn(reference.uniform, elements) < np.float32(0.6)
    assert torch.equal(mask.cpu(), torch.from_numpy(expected))
    assert torch.equal(result != 0, mask)


def test_dropout_of_strided_tensors() -> None:
    """Dense memory is taken in its own order, gaps are not."""
    turned = torch.ones(64, 32, device="cuda").t()
    result = F.dropout(turned, 0.5)
    assert result.stride() == turned.stride()
    expect(result.t() != 0, kept(2048, 4, 0.5).reshape(64, 32))
    torch.cuda.manual_seed(SEED)
    sliced = torch.ones(64, 64, device="cuda")[:, ::2]
    expected = drawn(reference.uniform, 2048) < 0.5
    expect(F.dropout(sliced, 0.5) != 0, expected.reshape(64, 32))


def test_dropout_that_draws_nothing() -> None:
    """native_dropout_cuda: not in evaluation, and not if everything is dropped."""
    x = torch.ones(8, device="cuda")
    assert F.dropout(x, 0.5, training=False).tolist() == [1] * 8
    assert torch.native_dropout(x, 1, True)[0].tolist() == [0] * 8
    assert torch.native_dropout(x, 0.3, False)[1].all()
    assert offset() == 0


def test_fused_dropout() -> None:
    """`p` is the probability of keeping, the mask one of bytes."""
    generator = torch.Generator("cuda").manual_seed(SEED)
    result, mask = torch._fused_dropout(torch.ones(4096, device="cuda"), 0.75, generator)
    expect(mask, kept(4096, 4, 0.75))
    assert mask.dtype == torch.uint8
    assert torch.equal(result != 0, mask != 0)
    assert offset() == 0
    assert generator.get_offset() == 4


# --- permutations ---------------------------------------------------------------------------------


def permutation(n: int) -> list[int]:
    """native/cuda/Randperm.cu and Randperm.cuh, one element at a time."""
    bits = math.ceil(math.log2(n - (6 * n * n + 1) / (12 * math.log(0.9))))
    width = 32 if bits <= 32 else 64
    span = (1 << width) - 1
    raw = drawn(reference.long_words, n)
    keys = [(int(word) % span - (1 << (width - 1))) & ((1 << bits) - 1) for word in raw]
    signed = (1 << (width - 1)) if bits == width else 0
    order = sorted(range(n), key=lambda i: keys[i] ^ signed)
    position = reference.increment(n, 2, card())
    first = 0
    while first < n:
        last = first + 1
        while last < n and keys[order[last]] == keys[order[first]]:
            last += 1
        words: list[int] = []
        for i in range(last - first - 1, 0, -1):
            if not words:
                words = reference.curand4(SEED, np.array([first]), position).ravel().tolist()
            r = words.pop(0) % (i + 1)
            order[first + i], order[first + r] = order[first + r], order[first + i]
        first = last
    return order


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000, 20_000, 50_000])
def test_permutation(n: int) -> None:
    assert torch.randperm(n, device="cuda").tolist() == permutation(n)
    assert offset() == reference.increment(n, 2, card()) + 4 * math.ceil(n / 4)


def test_permutation_with_equal_keys() -> None:
    """One of ten has some: those are shuffled once more."""
    seen = 0
    for seed in range(40):
        torch.cuda.manual_seed(seed)
        n = 40
        actual = torch.randperm(n, device="cuda").tolist()
        raw = reference.launch(n, reference.long_words, seed, 0, card())
        bits = math.ceil(math.log2(n - (6 * n * n + 1) / (12 * math.log(0.9))))
        keys = [(int(w) % 0xFFFFFFFF - 0x80000000) & ((1 << bits) - 1) for w in raw]
        order = sorted(range(n), key=lambda i: keys[i])
        for i in range(n - 1):
            if keys[order[i]] == keys[order[i + 1]]:
                seen += 1
                word = int(reference.curand4(seed, np.array([i]), 4)[0, 0])
                if word % 2 == 0:
                    order[i], order[i + 1] = order[i + 1], order[i]
        assert actual == order
    assert seen >= 1


def test_permutation_dtypes() -> None:
    expected = permutation(100)
    for dtype in (torch.int32, torch.uint8, torch.float32, torch.float16):
        torch.cuda.manual_seed(SEED)
        actual = torch.randperm(100, device="cuda", dtype=dtype)
        assert actual.dtype == dtype
        assert actual.tolist() == expected
    with pytest.raises(RuntimeError, match="cannot be converted to type uint8_t without overflow"):
        torch.randperm(257, device="cuda", dtype=torch.uint8)


# --- samples --------------------------------------------------------------------------------------


def test_multinomial_without_replacement() -> None:
    """native/Distributions.cpp: the largest of p / q with q exponentially distributed."""
    p = torch.rand(5, 1000, device="cuda")
    torch.cuda.manual_seed(SEED)
    q = -np.log(drawn(reference.uniform, 5000).astype(np.float64)).reshape(5, 1000)
    ratios = p.cpu().double().numpy() / q
    for samples in (1, 7):
        torch.cuda.manual_seed(SEED)
        expected = np.argsort(-ratios, axis=1)[:, :samples]
        expect(torch.multinomial(p, samples), expected)
        assert offset() == 4


def test_multinomial_with_replacement() -> None:
    """native/cuda/MultinomialKernel.cu: thread i of row r, of 128 times the blocks of a row."""
    p = torch.tensor([[1.0, 2, 3, 4, 0], [0, 0, 5, 0, 0], [3, 0, 0, 0, 1]], device="cuda")
    words = reference.curand4(SEED, np.arange(3 * 256).reshape(3, 256)[:, :200].ravel(), 0)
    numbers = reference.uniform(words)[0].reshape(3, 200)
    sums = np.cumsum(p.cpu().numpy() / p.cpu().numpy().sum(1, keepdims=True), axis=1)
    expected = [np.searchsorted(row, number) for row, number in zip(sums, numbers, strict=True)]
    expect(torch.multinomial(p, 200, replacement=True), np.stack(expected))
    assert offset() == 4


def test_multinomial_errors() -> None:
    p = torch.ones(3, device="cuda")
    with pytest.raises(RuntimeError, match="cannot sample n_sample > prob_dist"):
        torch.multinomial(p, 4)
    with pytest.raises(RuntimeError, match="contains either `inf`, `nan` or element < 0"):
        torch.multinomial(-p, 1)
    with pytest.raises(RuntimeError, match="sum of probabilities <= 0"):
        torch.multinomial(p * 0, 1)
    with pytest.raises(RuntimeError, match="cannot sample n_sample <= 0 samples"):
        torch.multinomial(p, 0)


def test_rrelu() -> None:
    """native/cuda/RreluWithNoise.cu: negative elements are multiplied by their noise."""
    x = torch.linspace(-1, 1, 5000, device="cuda")
    slopes = drawn(reference.uniform, 5000) * 0.25 + 0.125
    expected = np.where(x.cpu() <= 0, x.cpu().numpy() * slopes, x.cpu().numpy())
    expect(F.rrelu(x, 0.125, 0.375, training=True), expected.astype(np.float32), 1e-7)
    assert offset() == 4
    assert torch.equal(F.rrelu(x, 0.125, 0.375), F.leaky_relu(x, 0.25))
    assert offset() == 4


@pytest.mark.parametrize(
    ("sample", "step"),
    [
        (lambda x: torch.poisson(x), 20),
        (lambda x: torch.binomial(x, torch.full_like(x, 0.5)), 44),
        (lambda x: torch._standard_gamma(x), 12),
        (lambda x: torch._sample_dirichlet(x), 12),
    ],
)
def test_rejection_samplers_move_the_offset(sample: object, step: int) -> None:
    """native/cuda/Distributions.cu: the increments are fixed; the samples here are not CUDA's."""
    for dtype in (torch.float32, torch.float16):
        torch.cuda.manual_seed(SEED)
        x = torch.full((8,), 5.0, device="cuda", dtype=dtype)
        first = sample(x)
        assert first.dtype == dtype
        assert offset() == step
        torch.cuda.manual_seed(SEED)
        assert torch.equal(sample(x), first)


# --- every variant of an operator draws from the CUDA generator -----------------------------------


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: torch.rand(7, out=x),
        lambda x: torch.randn(7, out=x),
        lambda x: torch.randint(9, (7,), out=x),
        lambda x: torch.rand_like(x),
        lambda x: torch.randn_like(x),
        lambda x: torch.randint_like(x, 9),
        lambda x: torch.bernoulli(x, 0.5),
        lambda x: torch.normal(0.0, 1.0, (7,), out=x),
        lambda x: torch.ops.aten.uniform(x),
        lambda x: torch.ops.aten.exponential(x),
        lambda x: torch.ops.aten.random(x),
        lambda x: torch.ops.aten.normal_functional(x),
        lambda x: F.alpha_dropout(x, 0.5, training=True),
        lambda x: F.feature_alpha_dropout(x.view(1, 7), 0.5, training=True),
        lambda x: F.dropout1d(x.view(1, 7), 0.5),
        lambda x: F.dropout(x.clone(), 0.5, inplace=True),
    ],
)
def test_variants(draw: object) -> None:
    """The CPU's generator stays where it is."""
    state = torch.get_rng_state()
    x = torch.ones(7, device="cuda")
    first = draw(x).clone()
    assert offset() == 4
    torch.cuda.manual_seed(SEED)
    assert torch.equal(draw(torch.ones(7, device="cuda")), first)
    assert torch.equal(torch.get_rng_state(), state)


# --- generators -----------------------------------------------------------------------------------


def test_state_is_seed_and_offset() -> None:
    """at::CUDAGeneratorImpl::get_state: 8 bytes of seed, 8 of offset."""
    torch.rand(many(), device="cuda")
    state = torch.cuda.get_rng_state()
    assert state.view(torch.int64).tolist() == [SEED, offset()]
    assert torch.cuda._get_rng_state_offset() == offset()
    torch.cuda._set_rng_state_offset(400)
    expect(torch.rand(5, device="cuda"), drawn(reference.uniform, 5, start=400))
    torch.cuda.set_rng_state(state)
    assert torch.equal(torch.cuda.get_rng_state(), state)
    with pytest.raises(RuntimeError, match="offset must be a multiple of 4"):
        torch.cuda._set_rng_state_offset(2)


def test_offsets_past_32_bits() -> None:
    start = (1 << 36) + (1 << 34) - 4
    torch.cuda._set_rng_state_offset(start)
    elements = many()
    expect(torch.rand(elements, device="cuda"), drawn(reference.uniform, elements, start=start))


def test_seeds_are_per_device() -> None:
    torch.cuda.manual_seed(1)
    with torch.cuda.device(1):
        torch.cuda.manual_seed(2)
        assert torch.cuda.initial_seed() == 2
    assert torch.cuda.initial_seed() == 1
    expect(torch.rand(3, device="cuda:1"), drawn(reference.uniform, 3, seed=2))
    assert (offset(), torch.cuda.default_generators[1].get_offset()) == (0, 4)
    states = torch.cuda.get_rng_state_all()
    torch.cuda.manual_seed_all(3)
    assert [g.initial_seed() for g in torch.cuda.default_generators] == [3, 3]
    torch.cuda.set_rng_state_all(states)
    assert [g.initial_seed() for g in torch.cuda.default_generators] == [1, 2]
    torch.cuda.seed()
    assert torch.cuda.initial_seed() != 1
    torch.cuda.seed_all()
    assert len({g.initial_seed() for g in torch.cuda.default_generators}) == 1


def test_fork_rng() -> None:
    """torch.random.fork_rng: CUDA's states come back."""
    with torch.random.fork_rng(devices=["cuda:0"]):
        torch.cuda.manual_seed(9)
        torch.randn(3, device="cuda")
    assert (torch.cuda.initial_seed(), offset()) == (SEED, 0)


def test_generators_share_and_copy_their_state() -> None:
    generator = torch.Generator("cuda").manual_seed(5)
    shared, copied = generator.graphsafe_get_state(), generator.clone_state()
    torch.rand(2, device="cuda", generator=generator)
    assert (shared.get_offset(), copied.get_offset()) == (4, 0)
    other = torch.Generator("cuda")
    other.graphsafe_set_state(generator)
    expect(
        torch.rand(2, device="cuda", generator=other), drawn(reference.uniform, 2, seed=5, start=4)
    )
    assert generator.get_offset() == 8


def test_generators_of_other_devices() -> None:
    """at::check_generator compares device types, not indices."""
    on_cpu, on_cuda = torch.Generator(), torch.Generator("cuda:1").manual_seed(5)
    for draw in (
        lambda g, d: torch.rand(2, device=d, generator=g),
        lambda g, d: torch.empty(2, device=d).exponential_(generator=g),
        lambda g, d: torch.randperm(5, device=d, generator=g),
        lambda g, d: torch.multinomial(torch.ones(3, device=d), 2, generator=g),
        lambda g, d: torch.bernoulli(torch.ones(3, device=d), generator=g),
        lambda g, d: torch.poisson(torch.ones(3, device=d), generator=g),
    ):
        with pytest.raises(
            RuntimeError, match="Expected a 'cuda' device type for generator but found 'cpu'"
        ):
            draw(on_cpu, "cuda")
        with pytest.raises(
            RuntimeError, match="Expected a 'cpu' device type for generator but found 'cuda'"
        ):
            draw(on_cuda, "cpu")
    drawn_elsewhere = torch.rand(3, device="cuda:0", generator=on_cuda)
    expect(drawn_elsewhere, drawn(reference.uniform, 3, seed=5))


def test_threads_share_a_generator() -> None:
    """Each operator gets numbers of its own, and the offset counts all of them."""
    threads, draws = 4, 50
    results: list[Tensor] = []

    def draw() -> None:
        for _ in range(draws):
            results.append(torch.rand(8, device="cuda"))

    workers = [threading.Thread(target=draw) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert offset() == 4 * threads * draws
    expected = {drawn(reference.uniform, 8, start=4 * i).tobytes() for i in range(threads * draws)}
    assert {result.cpu().numpy().tobytes() for result in results} == expected
