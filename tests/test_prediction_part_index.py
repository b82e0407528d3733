"""The index of a journal, compared with a dict."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from geocnn.prediction import part_index
from geocnn.prediction.part_index import PartIndex

DIGESTS = st.integers(0, 2**64 - 1) | st.integers(0, 9) | st.integers(2**64 - 3, 2**64 - 1)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "find", "has", "used"]), DIGESTS), max_size=60)


@given(STEPS, st.integers(1, 20))
def test_it_knows_what_a_dict_knows(steps, many):
    index, known, used = PartIndex(), dict[int, int](), set[int]()
    with patch.object(part_index, "_MANY", many):
        for position, (step, digest) in enumerate(steps):
            if step == "put":
                index.put(digest, position)
                known[digest] = position
                used.add(digest)
            elif step == "find":
                assert index.find(digest) == known.get(digest)
                used |= {digest} & known.keys()
            elif step == "has":
                assert (digest in index) == (digest in known)
            else:
                assert index.used() == sorted(known[one] for one in used)
                used = set()
            assert bool(index) == bool(known)
    assert {digest: index.find(digest) for digest in known} == known
