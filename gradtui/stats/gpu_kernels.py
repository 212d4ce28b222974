# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators
"""Kernels that read each element of many tensors once, wherever these lie (Triton).

Imported only where a GPU and Triton are, by `gpu_pass`, which says what the tables hold. A program reads
one chunk of one tensor; a second kernel takes the chunks of a tensor together. Nothing is added by
atomic operations but counts, so that results are the same every time.

Norms: squares are summed apart for small, middling and big numbers, the first and the last scaled by powers
of two, so that none over- or underflows (J. L. Blue, "A portable Fortran program to find the Euclidean norm
of a vector", ACM TOMS 4, 1978; the limits are those of LAPACK's nrm2).
"""

import triton
import triton.language as tl

CHUNK, BLOCK, MERGED = 16384, 2048, 128
"""Elements of a chunk, of those read at a time, and chunks merged at a time."""
PARTS = 9
"""Numbers kept of each chunk."""
LIMITS: dict[bool, tuple[float, float, float, float]] = {
    False: (2.0**-63, 2.0**52, 2.0**75, 2.0**-76),
    True: (2.0**-511, 2.0**486, 2.0**537, 2.0**-538),
}
"""For float32, and for float64: below the first and above the second numbers are scaled by the third and
the fourth before they are squared."""
BINS = 512
"""Room for a histogram: a power of two."""


@triton.jit
def _load(base, at, given, code, WIDE: tl.constexpr):
    """Elements `at` from an address on, as float32, or as float64 where WIDE."""
    if WIDE:
        x = tl.load(base.to(tl.pointer_type(tl.float64)) + at, given, other=0.0)
    else:
        if code == 0:
            x = tl.load(base.to(tl.pointer_type(tl.float32)) + at, given, other=0.0)
        elif code == 1:
            x = tl.load(base.to(tl.pointer_type(tl.bfloat16)) + at, given, other=0.0).to(tl.float32)
        else:
            x = tl.load(base.to(tl.pointer_type(tl.float16)) + at, given, other=0.0).to(tl.float32)
    return x


@triton.jit
def _chunk(chunk, table, codes, chunk_tensors, chunk_offsets, tensors):
    """Of a chunk: its tensor, its first element, and the tensor's address, element count and type."""
    tensor = tl.load(chunk_tensors + chunk)
    offset = tl.load(chunk_offsets + chunk)
    base = tl.load(table + tensor)
    count = tl.load(table + tensors + tensor)
    return tensor, offset, base, count, tl.load(codes + tensor)


@triton.jit(do_not_specialize=["tensors", "chunks"])
def reduce_chunks(
    table,
    codes,
    strides,
    starts,
    chunk_tensors,
    chunk_offsets,
    before,
    parts,
    tensors,
    chunks,
    WIDE: tl.constexpr,
    CHANGE: tl.constexpr,
    SMALL: tl.constexpr,
    BIG: tl.constexpr,
    UP: tl.constexpr,
    DOWN: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The numbers of each chunk -> parts [PARTS, chunks]. Where CHANGE, of the difference between every
    `strides`-th element and what `before` holds from `starts` on."""
    chunk = tl.program_id(0)
    tensor, offset, base, count, code = _chunk(
        chunk, table, codes, chunk_tensors, chunk_offsets, tensors
    )
    if WIDE:
        middle = tl.zeros([BLOCK], tl.float64)
    else:
        middle = tl.zeros([BLOCK], tl.float32)
    small = middle
    big = middle
    top = middle
    total = middle
    big_total = middle
    nonzeros = tl.zeros([BLOCK], tl.int32)
    lost = nonzeros
    nans = nonzeros
    for begin in range(0, CHUNK, BLOCK):
        at = offset + begin + tl.arange(0, BLOCK)
        given = at < count
        if CHANGE:
            stride = tl.load(strides + tensor)
            start = tl.load(starts + tensor)
            x = _load(base, at * stride, given, code, WIDE)
            x = x - tl.load(before + start + at, given, other=0.0)
        else:
            x = _load(base, at, given, code, WIDE)
        size = tl.abs(x)
        finite = size < float("inf")
        held = tl.where(finite, size, 0.0)
        is_big = held > BIG
        is_small = held < SMALL
        usual = tl.where(is_big | is_small, 0.0, held)
        middle += usual * usual
        raised = tl.where(is_small, held, 0.0) * UP
        small += raised * raised
        lowered = tl.where(is_big, held, 0.0) * DOWN
        big += lowered * lowered
        top = tl.maximum(top, held)
        total += tl.where(is_big, 0.0, x)
        big_total += tl.where(is_big, x, 0.0) * DOWN
        nonzeros += (x != 0.0).to(tl.int32)
        lost += (finite == 0).to(tl.int32)
        nans += (x != x).to(tl.int32)
    out = parts + chunk
    tl.store(out, tl.sum(middle))
    tl.store(out + chunks, tl.sum(small))
    tl.store(out + 2 * chunks, tl.sum(big))
    tl.store(out + 3 * chunks, tl.max(top))
    tl.store(out + 4 * chunks, tl.sum(nonzeros))
    tl.store(out + 5 * chunks, tl.sum(lost))
    tl.store(out + 6 * chunks, tl.sum(nans))
    tl.store(out + 7 * chunks, tl.sum(total))
    tl.store(out + 8 * chunks, tl.sum(big_total))


@triton.jit(do_not_specialize=["tensors", "chunks"])
def merge_chunks(
    parts,
    firsts,
    factors,
    out,
    tensors,
    chunks,
    UP: tl.constexpr,
    DOWN: tl.constexpr,
    MERGED: tl.constexpr,
):
    """Those from each of `firsts` up to the next, taken together -> out [STATS, tensors] float64, the
    lines of `reduction`. Norms are multiplied by `factors`."""
    tensor = tl.program_id(0)
    first = tl.load(firsts + tensor)
    end = tl.load(firsts + tensor + 1)
    middle = tl.zeros([MERGED], tl.float64)
    small = middle
    big = middle
    top = middle
    nonzeros = middle
    lost = middle
    nans = middle
    total = middle
    big_total = middle
    for begin in range(first, end, MERGED):
        at = begin + tl.arange(0, MERGED)
        given = at < end
        source = parts + at
        middle += tl.load(source, given, other=0.0).to(tl.float64)
        small += tl.load(source + chunks, given, other=0.0).to(tl.float64)
        big += tl.load(source + 2 * chunks, given, other=0.0).to(tl.float64)
        top = tl.maximum(top, tl.load(source + 3 * chunks, given, other=0.0).to(tl.float64))
        nonzeros += tl.load(source + 4 * chunks, given, other=0.0).to(tl.float64)
        lost += tl.load(source + 5 * chunks, given, other=0.0).to(tl.float64)
        nans += tl.load(source + 6 * chunks, given, other=0.0).to(tl.float64)
        total += tl.load(source + 7 * chunks, given, other=0.0).to(tl.float64)
        big_total += tl.load(source + 8 * chunks, given, other=0.0).to(tl.float64)
    squares = tl.sum(middle)
    small_squares = tl.sum(small)
    big_squares = tl.sum(big)
    # Step by step: the square of either scale is no float64.
    with_big = tl.sqrt(big_squares + squares * DOWN * DOWN) / DOWN
    usual = tl.sqrt(squares + small_squares / UP / UP)
    norm = tl.where(squares > 0.0, usual, tl.sqrt(small_squares) / UP)
    norm = tl.where(big_squares > 0.0, with_big, norm) * tl.load(factors + tensor)
    largest = tl.max(top)
    lost_count = tl.sum(lost)
    unlike = tl.where(tl.sum(nans) > 0.0, float("nan"), float("inf"))
    norm = tl.where(lost_count > 0.0, unlike, norm)
    largest = tl.where(lost_count > 0.0, unlike, largest)
    tl.store(out + tensor, norm)
    tl.store(out + tensors + tensor, largest)
    tl.store(out + 2 * tensors + tensor, tl.sum(nonzeros))
    tl.store(out + 3 * tensors + tensor, lost_count)
    tl.store(out + 4 * tensors + tensor, tl.sum(total) + tl.sum(big_total) / DOWN)


@triton.jit(do_not_specialize=["tensors"])
def keep_elements(
    table,
    codes,
    strides,
    starts,
    chunk_tensors,
    chunk_offsets,
    kept,
    tensors,
    WIDE: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Every `strides`-th element of each tensor -> kept, from `starts` on."""
    chunk = tl.program_id(0)
    tensor, offset, base, count, code = _chunk(
        chunk, table, codes, chunk_tensors, chunk_offsets, tensors
    )
    stride = tl.load(strides + tensor)
    start = tl.load(starts + tensor)
    for begin in range(0, CHUNK, BLOCK):
        at = offset + begin + tl.arange(0, BLOCK)
        given = at < count
        tl.store(kept + start + at, _load(base, at * stride, given, code, WIDE), given)


@triton.jit(do_not_specialize=["tensors"])
def count_exponents(
    table,
    codes,
    chunk_tensors,
    chunk_offsets,
    out,
    tensors,
    WIDE: tl.constexpr,
    LOW: tl.constexpr,
    USED: tl.constexpr,
    BINS: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """How many elements have LOW + i <= log2|x| < LOW + i + 1, added to out [tensors, USED] int32."""
    chunk = tl.program_id(0)
    tensor, offset, base, count, code = _chunk(
        chunk, table, codes, chunk_tensors, chunk_offsets, tensors
    )
    counts = tl.zeros([BINS], tl.int32)
    for begin in range(0, CHUNK, BLOCK):
        at = offset + begin + tl.arange(0, BLOCK)
        x = _load(base, at, at < count, code, WIDE)
        if WIDE:
            exponent = ((x.to(tl.int64, bitcast=True) >> 52) & 2047).to(tl.int32) - 1023
            counted = (x != 0.0) & (exponent < 1024)
        else:
            # Multiplied, a subnormal number has an exponent of its own.
            tiny = tl.abs(x) < 1.1754943508222875e-38
            x = x * tl.where(tiny, 18446744073709551616.0, 1.0)
            exponent = ((x.to(tl.int32, bitcast=True) >> 23) & 255) - 127
            counted = (x != 0.0) & (exponent < 128)
            exponent = exponent - tl.where(tiny, 64, 0)
        bins = tl.minimum(tl.maximum(exponent - LOW, 0), USED - 1)
        counts += tl.histogram(tl.where(counted, bins, USED), BINS)
    line = tl.arange(0, BINS)
    tl.atomic_add(out + tensor * USED + line, counts, line < USED)
