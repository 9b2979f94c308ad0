"""The watch over calls on their way."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.transport.watch import Watch

SOON = 0.02


async def never():
    """Wait for what does not come."""
    await asyncio.get_running_loop().create_future()


def test_what_takes_too_long_ends_in_a_timeout():
    """As with asyncio.timeout, the task itself goes on."""

    async def work():
        watch = Watch(SOON)
        with pytest.raises(TimeoutError), watch.over():
            await never()
        return asyncio.current_task().cancelling()

    assert asyncio.run(work()) == 0


def test_what_ends_in_time_is_left_alone():
    """Its timer finds nobody."""

    async def work():
        watch = Watch(SOON)
        with watch.over():
            await asyncio.sleep(0)
        later = Watch(2 * SOON)
        with pytest.raises(TimeoutError), later.over():
            await never()
        return "went on"

    assert asyncio.run(work()) == "went on"


def test_each_has_its_own_time():
    """One timer serves them in the order in which they began; whoever began later ends later."""
    ended = []

    async def work(watch, name, before=None):
        if before is not None:
            await before.wait()
        started = asyncio.get_running_loop().time()
        try:
            with watch.over():
                await never()
        except TimeoutError:
            ended.append((name, asyncio.get_running_loop().time() - started))

    async def main():
        watch = Watch(SOON)
        halfway = asyncio.Event()
        asyncio.get_running_loop().call_later(SOON / 2, halfway.set)
        await asyncio.gather(work(watch, "first"), work(watch, "second", halfway))

    asyncio.run(main())
    assert [name for name, _ in ended] == ["first", "second"]
    assert all(seconds >= SOON for _, seconds in ended)


def test_a_cancellation_from_outside_stays_one():
    """Whoever ends a worker must not read that its providers were slow."""

    async def main():
        watch = Watch(60)
        begun = asyncio.Event()

        async def work():
            with watch.over():
                begun.set()
                await never()

        task = asyncio.create_task(work())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        watch.close()

    asyncio.run(main())


def test_both_at_once_is_a_cancellation():
    """A task that somebody else is ending too does not go on because its time was up."""

    async def main():
        watched = Watch(60).over()
        begun = asyncio.Event()

        async def work():
            with watched:
                begun.set()
                await never()

        task = asyncio.create_task(work())
        await begun.wait()
        watched.end()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_another_error_passes_through():
    """Only a silence becomes a timeout."""

    async def work():
        watch = Watch(60)
        with watch.over():
            raise KeyError("of the work itself")

    with pytest.raises(KeyError):
        asyncio.run(work())
