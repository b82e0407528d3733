"""Dask's side of prediction by many processes: to find them, or to start and end them, without noise."""

import logging
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from geocnn.errors import DataError

__all__ = ["connected", "started"]

_FAILURES = 5
"""Workers that may die of one share before it is given up."""
_WAIT = 20
"""Seconds to wait for a scheduler and its first worker."""


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of a cluster that runs.

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
    """A client of processes of our own, which end with the block, at once where it fails."""
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
                    dashboard_address="127.0.0.1:0",  # any port that is free
                    scheduler_kwargs={"dashboard": False},
                    memory_limit=0,  # what is planned keeps within --memory
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
    """End the processes now: what they are at is of no use any more."""
    for nanny in cluster.workers.values() if cluster is not None else ():
        if nanny.process is not None and nanny.process.process is not None:
            nanny.auto_restart = False
            nanny.process.process._process.kill()


@contextmanager
def _deaf() -> Iterator[None]:
    """Hold Ctrl-C back from threads and processes that are started meanwhile, for good: a terminal sends it to all."""
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
    """Keep Dask's remarks on lost workers and connections from the terminal."""
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
