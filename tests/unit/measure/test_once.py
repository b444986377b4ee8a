"""Values that only the first of several threads makes."""

import threading

import pytest

from iaipy.measure.once import Once


def test_made_once() -> None:
    """The second to ask gets what the first has made."""
    once: Once[list[int]] = Once()
    first = once.get("a", lambda: [1])
    assert once.get("a", lambda: [2]) is first
    assert once.get("b", lambda: [2]) == [2]


def test_error_is_kept() -> None:
    """Making it is not tried again after an error; all who ask get the same one."""
    once: Once[int] = Once()

    def fail() -> int:
        raise ValueError("no")

    for make in (fail, lambda: 3):
        with pytest.raises(ValueError, match="no"):
            once.get("a", make)


def test_threads_wait_for_the_first() -> None:
    """Threads that ask while the value is being made all get that one value."""
    once: Once[object] = Once()
    begun, go_on = threading.Event(), threading.Event()

    def make() -> object:
        begun.set()
        go_on.wait(10)
        return object()

    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(once.get("a", make))) for _ in range(4)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    assert found == []
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(found) == 4
    assert len(set(map(id, found))) == 1


def test_keys_do_not_wait_for_each_other() -> None:
    """While one value is being made, another can be."""
    once: Once[str] = Once()
    assert once.get("outer", lambda: once.get("inner", lambda: "made")) == "made"
