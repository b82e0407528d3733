"""Every message a user can meet, word for word, one entry a mistake; each file of this folder has a subject.

An entry is a function that makes the mistake in an empty folder (the working directory): a ``mistake`` raises, a
``command`` runs the command line and returns its exit code. Its docstring is the message, where a line break stands for
a space and ``{here}`` for the folder. Add yours at the end of a section.
"""

import pytest

pytest.register_assert_rewrite("tests.messages.entries", "tests.messages.materials")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path
