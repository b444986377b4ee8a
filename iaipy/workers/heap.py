"""Brings the heap into one and the same state, whatever an import has left of it.

How many instructions an allocation takes depends on the holes that earlier ones left: a longer path, a
module compiled rather than loaded, one import more, and a region of a million instructions moves by
some hundreds, and its cache misses with it. So before anything is measured the holes are filled, and
what is allocated from then on lies on fresh memory, at the same offsets against the cache's sets.

The sizes are those of CPython 3.11 to 3.14 (Objects/obmalloc.c: pools of 16 KiB with a header of 48
bytes, in arenas of 1 MiB) and of glibc on 64-bit machines (malloc.c: chunks of multiples of 16 bytes
behind an 8-byte header). Under another allocator the loops below end at their bounds, without effect.
"""

import gc

from iaipy.workers.machine import C, ffi

_POOL, _POOL_HEADER, _POOLS_IN_ARENA = 16384, 48, 63
_SMALLEST_BYTES_OBJECT = 33
_MOST_BLOCKS = 200_000
_INTEGER, _INTEGERS = 32, 20_000

_PAGE, _CHUNK, _CHUNK_HEADER = 4096, 16, 8
_LARGEST_HOLE = 65536
_LARGEST_TCACHE = 1040
_MOST_CHUNKS = 20_000

_kept: list[object] = []


def settle() -> None:
    """Fill the holes in both heaps; what fills them stays for the life of the process."""
    gc.collect()
    _fill_integers()
    for size in range(16, 512, 16):
        if size != _INTEGER:
            _fill_pools(size, 1)
    # The last class takes what free pools there are as well, up to a whole new arena.
    _fill_pools(512, _POOLS_IN_ARENA)
    _kept.append(_block(512))
    if hasattr(C, "mallinfo2"):  # else not glibc, or one older than 2.33
        _fill_chunks()


def _block(size: int) -> object:
    """An object that takes a block of this size class."""
    if size == 16:
        return object()
    return bytes(size - _SMALLEST_BYTES_OBJECT)


def _fill_pools(size: int, pools: int) -> None:
    """Allocate blocks of a size class until so many pools in a row were new, and are full."""
    blocks = (_POOL - _POOL_HEADER) // size
    last = run = 0
    for _ in range(_MOST_BLOCKS):
        block = _block(size)
        _kept.append(block)
        address = id(block)
        first = address % _POOL == _POOL_HEADER
        if first and run % blocks == 0 and address // _POOL == last // _POOL + 1:
            run += 1
        elif first:
            run = 1
        elif run and address == last + size:
            run += 1
        else:
            run = 0
        last = address
        if run == pools * blocks:
            return


def _fill_integers() -> None:
    """The same for the class that integers live in, whose addresses can't be looked at without making more.

    So many that all holes are filled, then as many as the last pool has room for.
    """
    integers = [1 << 40 | number for number in range(_INTEGERS)]
    room = (_POOL - id(integers[-1]) % _POOL) // _INTEGER
    integers += [1 << 40 | number for number in range(room)]
    _kept.append(integers)


def _address(pointer: object) -> int:
    return int(ffi.cast("uintptr_t", pointer))


def _fill_chunks() -> None:
    """Allocate chunks of every size, the largest first, until each comes from the top of the heap."""
    top = _address(C.sbrk(0)) - C.mallinfo2().keepcost + 2 * _CHUNK_HEADER
    left = _MOST_CHUNKS
    size = _LARGEST_HOLE
    while size >= 2 * _CHUNK and left:
        left -= 1
        chunk = _address(C.malloc(size - _CHUNK_HEADER))
        if chunk == top:
            top += size
            size = size // 2 if size > 2 * _LARGEST_TCACHE else size - _CHUNK
    # What is left of the top is taken too, so that the next allocation extends the heap by a fixed size,
    # and the one after it starts a page.
    rest = C.mallinfo2().keepcost
    if rest > 4 * _CHUNK:
        C.malloc(rest - 4 * _CHUNK)
    chunk = _address(C.malloc(_PAGE))
    C.malloc(-(chunk + _PAGE + _CHUNK - 2 * _CHUNK_HEADER) % _PAGE + _PAGE - _CHUNK_HEADER)
