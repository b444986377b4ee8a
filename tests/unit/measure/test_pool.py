"""Threads that work off tasks."""

import threading
from functools import partial

import pytest

from iaipy.measure.pool import Pool


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_every_task_is_run(threads: int) -> None:
    """All that tasks report comes out, however many threads there are."""
    pool: Pool[int] = Pool(threads)
    pool.push(partial(pool.report, number) for number in range(50))
    assert sorted(pool.outcomes()) == list(range(50))


def test_nothing_to_do() -> None:
    """A pool without tasks ends at once."""
    pool: Pool[int] = Pool(3)
    assert list(pool.outcomes()) == []


def test_one_thread_keeps_the_order() -> None:
    """One thread runs tasks in the order they were pushed."""
    pool: Pool[int] = Pool(1)
    pool.push(partial(pool.report, number) for number in range(5))
    assert list(pool.outcomes()) == [0, 1, 2, 3, 4]


def test_pushed_tasks_go_first() -> None:
    """What a task pushes is done before what was there earlier."""
    pool: Pool[str] = Pool(1)

    def open_file(name: str) -> None:
        pool.push(partial(pool.report, f"{name}{number}") for number in range(2))

    pool.push(partial(open_file, name) for name in "ab")
    assert list(pool.outcomes()) == ["a0", "a1", "b0", "b1"]


def test_idle_threads_wait_for_pushed_tasks() -> None:
    """A thread that finds nothing to do stays for what a running task may still push."""
    pool: Pool[str] = Pool(2)
    both = threading.Barrier(2, timeout=10)

    def meet() -> None:
        both.wait()
        pool.report("met")

    pool.push([lambda: pool.push([meet, meet])])
    assert list(pool.outcomes()) == ["met", "met"]


def test_exception_of_a_task() -> None:
    """What a task raises is raised to whoever iterates, and no further task is begun."""
    pool: Pool[str] = Pool(1)
    begun: list[int] = []

    def fail() -> None:
        raise KeyError("broken")

    pool.push([partial(pool.report, "first"), fail, partial(begun.append, 1)])
    outcomes = pool.outcomes()
    assert next(outcomes) == "first"
    with pytest.raises(KeyError, match="broken"):
        next(outcomes)


def test_closed_early() -> None:
    """Whoever stops iterating stops the threads after what they are at."""
    pool: Pool[int] = Pool(1)
    done: list[int] = []
    second = threading.Event()

    def task(number: int) -> None:
        if number:
            assert second.wait(10)
        done.append(number)
        pool.report(number)

    pool.push(partial(task, number) for number in range(10))
    outcomes = pool.outcomes()
    assert next(outcomes) == 0
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    second.set()
    assert len(done) <= 2
