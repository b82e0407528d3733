"""Dask for prediction by many processes: connect to a cluster, or start and end processes.

Its log messages are silenced.
"""

import logging
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from geocnn.errors import DataError

__all__ = ["connected", "started"]

_FAILURES = 5
"""Number of workers that may die of one share before the share is given up."""
_WAIT = 20
"""Seconds to wait for a scheduler and its first worker."""


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Client of a running cluster.

    Raises:
        DataError: no scheduler or no worker answers.
    """
    from distributed import Client

    with _quiet():
        try:
            client = Client(address, timeout=_WAIT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"no Dask scheduler answers at {address}; start one with dask scheduler, or give --workers in place of "
                "--scheduler."
            ) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=_WAIT)
            except TimeoutError:
                raise DataError(
                    f"the Dask scheduler at {address} has no workers; start them with dask worker {address}."
                ) from None
            yield client


@contextmanager
def started(number: int) -> Iterator[Any]:
    """Client of processes that are started here. They end with the block, and at once if it fails."""
    import dask
    from distributed import Client, LocalCluster

    settings = {"distributed.scheduler.allowed-failures": _FAILURES - 1}
    with _quiet(), dask.config.set(settings), tempfile.TemporaryDirectory(prefix="geocnn-") as folder:
        cluster = None
        try:
            with _deaf():
                cluster = LocalCluster(
                    n_workers=number,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address="127.0.0.1:0",  # any free port
                    scheduler_kwargs={"dashboard": False},
                    memory_limit=0,  # no limit: the plan itself keeps within --memory
                    silence_logs=logging.CRITICAL,
                    local_directory=folder,
                )
            with Client(cluster, set_as_default=False) as client:
                yield client
        except BaseException:
            _kill(cluster)
            raise
        finally:
            if cluster is not None:
                cluster.close()


def _kill(cluster: Any) -> None:  # noqa: ANN401  (a LocalCluster, None if it did not start)
    """Kill the processes at once; their current work is no longer needed."""
    for nanny in cluster.workers.values() if cluster is not None else ():
        if nanny.process is not None and nanny.process.process is not None:
            nanny.auto_restart = False
            nanny.process.process._process.kill()


@contextmanager
def _deaf() -> Iterator[None]:
    """Block Ctrl-C for threads and processes started in this block, for good: a terminal sends it to all of them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Dask's messages about lost workers and connections."""
    theirs = ("distributed", "tornado", "asyncio")
    loggers = [logging.getLogger(n) for n in {*theirs, *logging.root.manager.loggerDict} if n.split(".")[0] in theirs]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
