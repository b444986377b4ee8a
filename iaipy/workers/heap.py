"""Brings the heap into one and the same state, whatever an import has left of it. PYTEST_DONT_REWRITE.

How many instructions an allocation takes depends on the holes that earlier ones left: a longer path, a
module compiled rather than loaded, one import more, and a region of a million instructions moves by
some hundreds, and its cache misses with it. So before anything is measured the holes are filled, and
what is allocated from then on lies on fresh memory, always at the same addresses.

`sys._debugmallocstats` tells how many blocks of each size are free, so that just those are filled. What is
done last must leave no holes itself: iterators have perhaps been put in old ones, so they are kept, in place
of being freed.

The sizes are those of CPython 3.11 to 3.14 (Objects/obmalloc.c: pools of 16 KiB with a header of 48
bytes, in arenas of 1 MiB) and of glibc on 64-bit machines (malloc.c: chunks of multiples of 16 bytes
behind an 8-byte header). Where CPython tells of no blocks, it has another allocator, and all is left alone.
"""

import gc
import os
import sys

from iaipy.workers.machine import C, ffi, release, reserve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_CLASSES = range(16, 513, 16)
_POOL, _POOL_HEADER = 16384, 48
_IN_POOL = (_POOL - _POOL_HEADER) // 512
_POOLS_IN_ARENA = 64
_FIRST_ARENAS = 16
_EMPTY_INTEGER, _DIGIT, _DIGIT_BITS = 24, 4, 30
_INTEGER = 32
_TURNS = bytes(2048)
"""For blocks of a class of which two should soon be neighbours."""

_FAR = 1 << 30
"""Arenas for what is measured start at a multiple of this, and no hole between mappings is as large."""
_SMALLEST_MAPPED = 1 << 17
"""What glibc maps rather than takes from its heap."""
_LEEWAY = 8 * _POOL
"""Pools that may have been opened in the new arena while the last holes were filled."""
_ARENAS = 8
"""How many a benchmark can open before CPython needs a larger table of them."""
_MORE_BLOCKS = 20_000
"""More than are allocated beside those that fill holes."""
_HOLES = 64
"""No fewer integers than have been freed since the holes were counted."""
_TEMPORARIES = 8
"""No fewer integers than are alive at once while blocks are allocated."""
_EVEN = 64
"""More integers than may be allocated in one settling and not in another."""
_TEXT = 1 << 15

_PAGE, _CHUNK, _CHUNK_HEADER = 4096, 16, 8
_LARGEST_HOLE = 65536
_LARGEST_TCACHE = 1040
_MOST_CHUNKS = 20_000

_FLOOD = bytes(1 << 17)
_ZEROS = memoryview(_FLOOD)

_kept: list[object] = []
_arena = 0


def settle() -> None:
    """Fill the holes in both heaps; what fills them stays for the life of the process.

    All objects there are become permanent for the collector. CPython's cache of attributes is emptied: the
    names in it, of which it may hold the last reference, would be freed one by one as others displace them.
    """
    sys._clear_type_cache()
    gc.collect()
    if not _make_room():
        return
    if hasattr(C, "mallinfo2"):  # else not glibc, or one older than 2.33
        _fill_chunks()
    start = _place_next_arena() + _LEEWAY
    _kept.append(start)
    _fill_blocks()
    gc.freeze()
    gc.collect()  # for the lists of free objects
    _open_pools(start)


def _make_room() -> bool:
    """Have room in the list of what is kept and in CPython's table of arenas: growing makes new holes.

    Returns:
        False if CPython has no arenas here.
    """
    global _kept
    blocks, pools, arenas = _stats()
    if not blocks:
        return False
    if arenas < _ARENAS:
        pools += (arenas + 1) * _POOLS_IN_ARENA
    fill = sum(blocks.values()) + pools * _IN_POOL + _MORE_BLOCKS
    kept: list[object] = [_kept] * (2 * fill)
    del kept[fill:]  # to half its room it isn't moved
    _kept = kept
    if arenas < _ARENAS:
        _fill(512, pools * _IN_POOL)
    return True


def _place_next_arena() -> int:
    """Have the next arena start at a round address, and return that.

    What hashes addresses counts the same only at the same ones. And CPython tells by a tree with multiples of
    an arena's size as leaves whether a block is one of its own, so that freeing one takes an instruction or
    two more where its arena spans two leaves.

    Valgrind maps at the first address with enough room, so holes are taken, and padding put behind all else.
    Where the address space is limited to less, nothing is.
    """
    end = reserve(_FAR)
    if end < 0:
        return 0
    release(end, _FAR)
    size = _FAR // 2
    while size >= _SMALLEST_MAPPED:
        place = reserve(size)
        if not 0 <= place < end:
            if place > 0:
                release(place, size)
            size //= 2
    padding = -end % _FAR
    if padding:
        reserve(padding)
    return end + padding


def _fill_chunks() -> None:
    """Allocate chunks until each comes from the top of glibc's heap, whatever its size.

    The heap need not be one piece: valgrind lets the data segment grow to 8 MiB, and beyond it glibc goes on
    in pieces from mmap, whose end no sbrk tells.
    """
    size, left = _LARGEST_HOLE, C.mallinfo2().keepcost
    for _ in range(_MOST_CHUNKS):
        C.malloc(size - _CHUNK_HEADER)
        before, left = left, C.mallinfo2().keepcost
        if left == before - size:  # it comes from the top
            size = size // 2 if size > 2 * _LARGEST_TCACHE else size - _CHUNK
            if size < 2 * _CHUNK:
                break
    # What is left of the top is taken too, so that the next allocation extends the heap by a fixed size,
    # and the one after it starts a page.
    rest = C.mallinfo2().keepcost
    if rest > 4 * _CHUNK:
        C.malloc(rest - 4 * _CHUNK)
    address = int(ffi.cast("uintptr_t", C.malloc(_PAGE)))
    used = address + _PAGE + _CHUNK - 2 * _CHUNK_HEADER
    C.malloc(-used % _PAGE + _PAGE - _CHUNK_HEADER)


def _blocks(size: int, turns: "bytes | memoryview") -> "Iterator[object]":
    """Objects that each take a block of this size class, one for each of the turns, which are all 0.

    What it takes to make them is kept, too. For integers that is one more block of the class.
    """
    if size == 16:
        blocks: Iterator[object] = (object() for _ in turns)
    else:
        digits = (size - _EMPTY_INTEGER) // _DIGIT  # as many make an integer of this size
        first = 1 << _DIGIT_BITS * (digits - 1)
        _kept.append(first)
        blocks = map(first.__or__, turns)
    _kept.append(blocks)
    return blocks


def _fill(size: int, number: int) -> None:
    """Allocate so many blocks of this size class; beside them the same ones, whatever the number."""
    while number > 0:
        turns = _ZEROS[: min(number, len(_ZEROS)) - (size > 16)]
        _kept.append(turns)
        _kept.extend(_blocks(size, turns))
        number -= len(_ZEROS)


def _fill_blocks() -> None:
    """Allocate all blocks and pools that are free."""
    blocks, pools, _ = _stats()
    for size, number in blocks.items():
        _fill(size, number)
    _fill(512, pools * _IN_POOL)


def _stats() -> "tuple[dict[int, int], int, int]":
    """The free blocks of each size class, the free pools, and how many arenas CPython's table has room for.

    CPython tells them on its standard error.
    """
    told = C.memfd_create(b"iaipy", 0)  # not os.memfd_create, which many a CPython is built without
    kept = os.dup(2)
    os.dup2(told, 2)
    sys._debugmallocstats()
    os.dup2(kept, 2)
    text = os.pread(told, _TEXT, 0)
    os.close(kept)
    os.close(told)
    blocks, pools, most, arenas = {}, 0, 1, 0
    for line in text.split(b"\n"):
        words = line.split()
        if len(words) == 5 and words[0].isdigit() and words[1].isdigit():
            blocks[int(words[1])] = int(words[4])
        elif words[1:3] == [b"arenas", b"highwater"]:
            most = int(words[-1].replace(b",", b""))
        elif words[1:4] == [b"arenas", b"allocated", b"current"]:
            arenas = int(words[-1].replace(b",", b""))
        elif words[1:3] == [b"unused", b"pools"]:
            pools = int(words[0])
            break
    return blocks, pools, max(_FIRST_ARENAS, 1 << (most - 1).bit_length()) - arenas


def _open_pools(start: int) -> None:
    """Have every class open a pool of the new arena, in order, from this address on."""
    global _arena
    _fill(_INTEGER, _HOLES)
    _arena = _take_holes(512, start, start + _POOL)
    close()


def close() -> None:
    """Fill the holes that have opened since `settle`, up to two neighbours in what it has opened or later."""
    if not _arena:
        return
    sizes = iter(_CLASSES)
    _kept.append(sizes)
    for size in sizes:
        _take_holes(size, _arena, _arena + _FAR)
    del size
    _even_integers()
    _kept.append((_kept,))  # takes what a call's arguments have left free


def _even_integers() -> None:
    """Fill what addresses have left free, which are integers, and on to the same place whatever that was."""
    _fill(_INTEGER, _TEMPORARIES)
    block = 1 << _DIGIT_BITS
    _kept.append(block)
    _fill(_INTEGER, _TEMPORARIES + (-id(block) % _POOL // _INTEGER) % _EVEN)


def _take_holes(size: int, start: int, end: int) -> int:
    """Allocate blocks of a class until two are neighbours between these addresses; the first's address."""
    blocks = _blocks(size, _TURNS)
    furthest = size if size != _INTEGER else 4 * size  # addresses are integers too, three of them at once
    last = 0
    for block in blocks:
        _kept.append(block)
        address = id(block)
        if 0 < address - last <= furthest and start <= last and address < end:
            break
        last = address
    return last


def level_cache() -> None:
    """Read more than the first-level data cache holds, so that it begins the same whatever was in it."""
    _FLOOD.find(1)
