"""Prediction by many processes: Dask hands out shares of the work, and the workers write into one partial file.

What is planned, the statistics of the data and the file come from the process that asks; a worker adds its samples and
nothing else. A share that is done again, because its worker has died, writes the same bytes again.
"""

import uuid
import warnings
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import torch

from geocnn import budget
from geocnn.errors import DataError, MissingError
from geocnn.io.partial import PartialSink
from geocnn.io.source import Source
from geocnn.prediction.cluster import connected, started
from geocnn.prediction.job import Job
from geocnn.prediction.log import Log
from geocnn.prediction.pieces import Share, to_do
from geocnn.prediction.shares import Tiles, collides, divided, front
from geocnn.prediction.worker import do, facts, forget, same

__all__ = ["Workers", "check_files"]

_SHARES = 4
"""Shares per worker: few, for each warms up at its ends, and enough that none waits long for the last one."""
_DIED = (
    "one worker after the other died of the same part of the work, perhaps because memory ran out; give fewer "
    "--workers or less --memory."
)
_LOST = "the connection to the Dask scheduler is lost; start it and the same command again."

Result = TypeVar("Result")


class Workers:
    """Processes that do the work: of this machine, started here, or those of a Dask cluster.

    Args:
        number: of processes to start; None with a scheduler.
        scheduler: address of a running one, for example "tcp://10.0.0.1:8786".

    Attributes:
        threads: of torch in a worker.

    Raises:
        DataError: neither or both are given, less than one process, or no scheduler or worker answers.
        MissingError: Dask is not installed.
    """

    def __init__(self, number: int | None, scheduler: str | None) -> None:
        if number is not None and scheduler is not None:
            raise DataError(
                "--workers starts processes on this machine and --scheduler takes those of a cluster; give one of the "
                "two."
            )
        if number is not None and number < 1:
            raise DataError(f"--workers is {number}; give the number of processes to start, 1 or more.")
        if find_spec("distributed") is None:
            raise MissingError(
                "--workers and --scheduler need distributed, which is not installed; type pip install 'geocnn[dask]'."
            )
        self.threads = max(1, torch.get_num_threads() // (number or 1))
        self._number, self._address = number, scheduler or ""
        self._stack = ExitStack()
        self._client: Any = None
        self._facts: list[tuple[int, int, int]] = []

    def __enter__(self) -> Self:
        """Connect with a cluster that runs; processes of our own start when all else is ready."""
        if self._number is None:
            self._client = self._stack.enter_context(connected(self._address))
            self._facts = list(self._client.run(facts).values())
            self.threads = max(1, min(own // tasks for own, tasks, _ in self._facts))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def size(self) -> int:
        """Tasks that are done at a time."""
        return self._number or sum(tasks for _, tasks, _ in self._facts)

    def memory(self, device: torch.device) -> int:
        """Bytes that a worker may take where the user says nothing."""
        if self._number is not None:
            return budget.half_of_memory(device) // self._number
        limits = (limit // (2 * tasks) for _, tasks, limit in self._facts if limit)
        return min([budget.half_of_memory(device), *limits])

    def each(
        self, function: Callable[..., Result], packed: bytes, calls: Sequence[tuple[Any, ...]]
    ) -> Generator[tuple[int, Result | DataError], None, None]:
        """Call a function in the workers; see :func:`_each`."""
        with self._connected() as client, closing(_each(client, function, packed, calls)) as results:
            yield from results

    def _connected(self) -> AbstractContextManager[Any]:
        """The client: of a cluster that runs, or of processes that start now."""
        return nullcontext(self._client) if self._client else started(self._number or 1)

    def run(self, job: Job, tiles: Tiles, record: Log, tick: Callable[[float], None]) -> None:
        """Do the work.

        Args:
            job: what is to be done.
            tiles: what is left of it.
            record: is told of every part that is finished.
            tick: is told of the samples that are finished.

        Raises:
            DataError: workers died again and again, or the scheduler is gone; and what a worker raises.
        """
        sink, done = job.sink, job.done
        assert isinstance(sink, PartialSink)
        finished: list[Share] = []
        with self._connected() as client:
            record.expects(tiles, to_do(job.work, job.reader, (0, 0)))
            shares = divided(job.work, tiles, sink.units, _SHARES * sum(client.nthreads().values()))
            name, work = uuid.uuid4().hex, partial(do, turns=collides(job.work, sink.units))
            calls = [(name, share, self.threads) for share in shares]
            with closing(_each(client, work, job.packed(), calls)) as results:
                for number, parts in results:
                    if isinstance(parts, DataError):
                        raise parts
                    for tile, planes, samples, more in parts:
                        tick(samples)
                        record.add(tile, planes, samples, **more)
                    finished.append(shares[number])
                    if (mark := front(job.work, tiles, finished, done)) != done:
                        done = mark
                        sink.mark(*done)
            client.run(forget, name, on_error="ignore")


def _each(
    client: Any,  # noqa: ANN401  (Dask has no types)
    function: Callable[..., Result],
    packed: bytes,
    calls: Sequence[tuple[Any, ...]],
) -> Generator[tuple[int, Result | DataError], None, None]:
    """Call a function in the workers, again where one has died.

    Args:
        client: of the workers.
        function: of a module that they have.
        packed: its first argument, which is sent to each worker once.
        calls: the other ones.

    Yields:
        Number of a call and what came of it, in the order in which they end; an error where one worker after the other
        has died of it.

    Raises:
        DataError: the scheduler is gone; and what the function raises.
    """
    from distributed import KilledWorker, as_completed

    name = uuid.uuid4().hex
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")  # once, and from there to the workers
        first = client.submit(same, packed, key=f"geocnn-{name}", pure=False)
        tasks = {
            client.submit(function, first, *call, key=f"geocnn-{name}-{k}", priority=-k): k
            for k, call in enumerate(calls)
        }
    try:
        for task in as_completed(tasks, loop=client.loop):
            try:
                found = task.result()
            except KilledWorker:
                found = DataError(_DIED)
            yield tasks[task], found
    except CancelledError:
        raise DataError(_LOST) from None
    finally:
        if client.status == "running":
            client.cancel([first, *tasks])


def check_files(source: Source, out: str | Path | None) -> None:
    """Refuse what workers cannot share.

    Raises:
        DataError: the data are in memory, or there is no file for the result.
    """
    if source.path is None:
        raise DataError(
            "workers read the data from a file, and these are in memory; write them into one first, for example with "
            "numpy.save, and give its path."
        )
    if out is None:
        raise DataError("workers write into a file; name one with --out (in Python out=).")
