"""Settles a heap that has been settled before: `heap.settle`, made cheap by asking CPython what is free.

`heap.settle` finds holes by allocating until none can be left, which takes seconds under valgrind. Here
`sys._debugmallocstats` tells how many blocks of each size are free, and just those are filled. What is
allocated afterwards lies in one new arena, in which each size class has opened its pool in turn.

What is done last must leave no holes itself. Iterators, and integers that tell addresses, have perhaps been
put in old holes; so they are kept, in place of being freed.
"""

import gc
import os
import sys
from itertools import repeat, starmap

from iaipy.workers import heap
from iaipy.workers.machine import C, ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_CLASSES = range(16, 513, 16)
_MOST_BLOCKS = 2048
_MOST_CHUNKS = 3000
_ARENA = (heap._POOLS_IN_ARENA + 4) * heap._POOL
_FLOOD = bytes(1 << 17)
_LEEWAY = 4 * heap._POOL
"""Pools that may have been opened in the new arena while the last holes were filled."""
_TEXT = 1 << 15
_NEXT_ARENA = 1 << 20
_TRIES = 8
_NO_ACCESS, _PRIVATE_ANONYMOUS = 0, 0x02 | 0x20

_kept: list[object] = [None] * 300_000
del _kept[160_000:]  # to half its room it isn't moved, and it never grows: that would make new holes
_keep = _kept.append
_TEMPORARIES = 8
"""No fewer integers than can be alive at once while blocks are allocated."""
_arena = 0


def top_up() -> None:
    """Fill the holes in both heaps; what fills them stays for the life of the process.

    All objects there are become permanent for the collector. CPython's cache of attributes is emptied: the
    names in it, of which it may hold the last reference, would be freed one by one as others displace them.
    """
    sys._clear_type_cache()
    gc.collect()
    if hasattr(C, "mallinfo2"):
        _fill_chunks()
    _align_next_arena()
    blocks, pools = _free()
    _kept.extend(starmap(_blocks, blocks.items()))
    if pools:
        _kept.append(_blocks(512, pools * ((heap._POOL - heap._POOL_HEADER) // 512)))
    gc.freeze()
    gc.collect()  # for the lists of free objects
    _open_pools()


def _align_next_arena() -> None:
    """Have the next arena start at a multiple of its size.

    CPython tells by a tree with such multiples as leaves whether a block is one of its own, so that freeing
    one takes an instruction or two more where its arena spans two leaves. Valgrind maps upwards: padding
    is put where the next mapping would have been.
    """
    for _ in range(_TRIES):
        place = heap._address(_mapped(_NEXT_ARENA))
        if place % _NEXT_ARENA == 0:
            break
        _mapped(-place % _NEXT_ARENA)


def _mapped(size: int) -> object:
    return C.mmap(ffi.NULL, size, _NO_ACCESS, _PRIVATE_ANONYMOUS, -1, 0)


def _fill_chunks() -> None:
    """What `heap._fill_chunks` does, where the heap need not be one piece.

    Valgrind lets the data segment grow to 8 MiB; beyond it glibc goes on in pieces from mmap, whose end no
    sbrk tells.
    """
    size, chunk = heap._LARGEST_HOLE, heap._CHUNK
    left = C.mallinfo2().keepcost
    for _ in range(_MOST_CHUNKS):
        C.malloc(size - heap._CHUNK_HEADER)
        before, left = left, C.mallinfo2().keepcost
        if left == before - size:  # it comes from the top
            size = size // 2 if size > 2 * heap._LARGEST_TCACHE else size - chunk
            if size < 2 * chunk:
                break
    rest = C.mallinfo2().keepcost
    if rest > 4 * chunk:
        C.malloc(rest - 4 * chunk)
    address = heap._address(C.malloc(heap._PAGE))
    used = address + heap._PAGE + chunk - 2 * heap._CHUNK_HEADER
    C.malloc(-used % heap._PAGE + heap._PAGE - heap._CHUNK_HEADER)


def _blocks(size: int, number: int) -> list[object]:
    """So many objects that each take a block of this size class."""
    if size == 16:
        return [object() for _ in repeat(None, number)]
    if size == 32:
        return list(map(complex, repeat(1.0, number)))
    return list(map(bytes, repeat(size - heap._SMALLEST_BYTES_OBJECT, number)))


def _free() -> tuple[dict[int, int], int]:
    """The free blocks of each size class, and the free pools, as CPython tells on its standard error."""
    told = os.memfd_create("iaipy")
    kept = os.dup(2)
    os.dup2(told, 2)
    sys._debugmallocstats()
    os.dup2(kept, 2)
    text = os.pread(told, _TEXT, 0)
    os.close(kept)
    os.close(told)
    blocks, pools = {}, 0
    for line in text.split(b"\n"):
        words = line.split()
        if len(words) == 5 and words[0].isdigit() and words[1].isdigit():
            blocks[int(words[1])] = int(words[4])
        elif words[1:3] == [b"unused", b"pools"]:
            pools = int(words[0])
            break
    return blocks, pools


def _open_pools() -> None:
    """Have every class open a pool in the new arena, in order."""
    global _arena
    _arena = _opened(512, 0, 1 << 64) - _LEEWAY
    sizes = iter(_CLASSES)
    _keep(sizes)
    for size in sizes:
        _opened(size, _arena, _arena + _ARENA)
    del size
    _fill_temporaries()


def _opened(size: int, start: int, end: int) -> int:
    """Allocate blocks of a class until one is the first of a pool between these addresses; its address."""
    make, pool, header = _maker(size), heap._POOL, heap._POOL_HEADER
    turns = repeat(None, _MOST_BLOCKS)
    _keep(make)
    _keep(turns)
    address = 0
    for _ in turns:
        block = make()
        _keep(block)
        address = id(block)
        _keep(address)
        if address % pool == header and start <= address < end:
            break
    return address


def close() -> bool:
    """Fill the holes that have opened since `top_up`, up to two neighbours in its new arena.

    Returns:
        False if there are none: so much has been allocated since then that the arena is full.
    """
    start, end, sizes = _arena, _arena + _ARENA, iter(_CLASSES)
    _keep(end)
    _keep(sizes)
    for size in sizes:
        make, turns, last = _maker(size), repeat(None, _MOST_BLOCKS), 0
        near = 4 * size if size == heap._INTEGER else size  # addresses themselves are integers
        _keep(make)
        _keep(turns)
        _keep(near)
        for _ in turns:
            block = make()
            _keep(block)
            address = id(block)
            _keep(address)
            if last < address <= last + near and start <= address < end:
                break
            last = address
        else:
            return False
    del size, near, block, address, last
    _fill_temporaries()
    return True


def _fill_temporaries() -> None:
    """Fill what integers have left free while blocks were allocated, and tuples of arguments."""
    _kept.extend(map(complex, repeat(1.0, _TEMPORARIES)))
    _keep((_kept,))


def level_cache() -> None:
    """Read more than the first-level data cache holds, so that it begins the same whatever was in it."""
    _FLOOD.find(1)


def _maker(size: int) -> "Callable[[], object]":
    """Makes an object that takes a block of this size class."""
    if size == 16:
        return object
    if size == 32:
        return map(complex, repeat(1.0)).__next__
    return map(bytes, repeat(size - heap._SMALLEST_BYTES_OBJECT)).__next__
