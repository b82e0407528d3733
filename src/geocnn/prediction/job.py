"""A prediction that is ready to run, in this or another process."""

import copy
import pickle
from dataclasses import dataclass, replace

import numpy as np
import torch

from geocnn import io
from geocnn.checkpoints import Trained, versions
from geocnn.errors import DataError
from geocnn.hardware import Precision
from geocnn.io.scan import ScannedSource
from geocnn.prediction.pieces import Mark
from geocnn.prediction.work import Work, streamed_network
from geocnn.reading import Reader

__all__ = ["Job", "check_versions"]


@dataclass(frozen=True)
class Job:
    """Network, data and result of a prediction, and the plan of work.

    Attributes:
        work: the plan.
        trained: the network.
        reader: of the survey.
        sink: target of the results; None where they stay in memory.
        device: where the network runs.
        precision: precision of its maps.
        keep: whether freed memory is kept, see :func:`geocnn.hardware.keep_memory`.
    """

    work: Work
    trained: Trained
    reader: Reader
    sink: io.Sink | None
    device: torch.device
    precision: Precision
    keep: bool

    @property
    def done(self) -> Mark:
        """How far an earlier run got before it was killed."""
        tiles, planes = (self.sink.resumed if self.sink is not None else None) or (0, 0)
        return tiles, planes

    def packed(self) -> bytes:
        """Pickle the job, without the steps of the network, which a worker makes anew, and without samples of the scan.

        Raises:
            DataError: a source or a network of the user's own cannot be pickled.
        """
        reader, source, path = copy.copy(self.reader), self.reader.source, None
        reader.found = replace(reader.found, sample=np.empty((0, 0), np.float32))
        if isinstance(source, io.ArraySource):  # a .npy file in Fortran order, whose samples pickle would include
            path, reader.source = source.path, _NOTHING
        elif isinstance(source, ScannedSource):
            sent = copy.copy(source)
            sent._scan = None
            reader.source = sent
        parts = (replace(self, reader=reader, work=replace(self.work, network=None)), self.work.network is not None)
        try:
            return pickle.dumps((versions(), path and path.absolute(), pickle.dumps(parts)))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise DataError(
                f"the data or the network cannot be sent to workers ({error}); give the path of a file and a folder "
                "written by geocnn train."
            ) from None

    @classmethod
    def unpacked(cls, packed: bytes) -> "Job":
        """Make the job from what :meth:`packed` returned, in another process.

        Raises:
            DataError: other versions of packages are installed here.
        """
        wanted, path, parts = pickle.loads(packed)
        check_versions(wanted)
        job: Job
        job, streams = pickle.loads(parts)
        if path is not None:
            job.reader.source = io.open(path)
        if not streams:
            return job
        network = streamed_network(job.trained, job.work.window, job.device, job.precision)
        return replace(job, work=replace(job.work, network=network))


def check_versions(wanted: dict[str, str]) -> None:
    """Refuse to work if versions of packages differ from those of the process that asks.

    Raises:
        DataError: they differ.
    """
    if (own := versions()) != wanted:
        name = next(name for name in wanted if own[name] != wanted[name])
        raise DataError(
            f"a worker has {name} {own[name]}, and {wanted[name]} is needed; install the same versions everywhere."
        )


_NOTHING = io.ArraySource(np.zeros(1, np.float32))
"""Placeholder for a source that a worker opens itself."""
