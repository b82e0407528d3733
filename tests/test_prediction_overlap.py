"""Writing behind the work: nothing is done, and nothing noted as done, after something went wrong."""

import threading
from functools import partial

import numpy as np
import pytest

from geocnn.prediction.overlap import WriteBehind
from geocnn.prediction.pieces import Piece
from geocnn.prediction.results import Results


def fail():
    raise ValueError("disk")


def test_nothing_is_done_behind_something_that_failed():
    done = []
    write = WriteBehind()
    for work in (partial(done.append, 1), fail, partial(done.append, 2)):
        write(work)
    with pytest.raises(ValueError, match="disk"):
        write.__exit__(None, None, None)
    assert done == [1]


class Full:
    """A sink of a full disk."""

    rows, resumed = 1, None

    def __init__(self):
        self.marks = []

    def write(self, *_):
        fail()

    def mark(self, *mark):
        self.marks.append(mark)


def test_what_was_not_written_is_not_noted_and_no_thread_is_left():
    before, sink = threading.active_count(), Full()
    finished = []

    def work():
        with Results(sink, 0, lambda *_: finished.append(1)) as results:
            for k in range(6):
                results.add(Piece((k, 0), np.zeros((1, 4), np.float32), (0, k + 1)))

    with pytest.raises(ValueError, match="disk"):
        work()
    assert (sink.marks, finished) == ([], [])
    assert threading.active_count() == before
