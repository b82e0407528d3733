"""Tables of mistakes and how their messages are checked."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from geocnn.errors import GeocnnError

Entry = Callable[[], object]


class Table(dict[str, Entry]):
    """Entries by name; a function is entered by the table as its decorator."""

    def __call__(self, function: Entry) -> Entry:
        """Enter a function."""
        self[function.__name__] = function
        return function


def checks_of_mistakes(table: Table) -> Callable[..., None]:
    """The test of every entry that raises."""

    @pytest.mark.parametrize("name", table)
    def test_message(here, name):
        check_mistake(table[name], here)

    return test_message


def checks_of_commands(table: Table) -> Callable[..., None]:
    """The test of every entry that calls the command line."""

    @pytest.mark.parametrize("name", table)
    def test_command(here, capsys, name):
        check_command(table[name], here, capsys)

    return test_command


def message(entry: Entry, here: Path) -> str:
    """The message that an entry promises."""
    return " ".join(inspect.getdoc(entry).split()).replace("{here}", str(here))


def check_mistake(entry: Entry, here: Path) -> None:
    """It raises with the message and leaves nothing unfinished."""
    expected = message(entry, here)
    with pytest.raises(GeocnnError) as caught:
        entry()
    assert str(caught.value) == expected
    assert not [p.name for p in here.iterdir() if "partial" in p.name]


def check_command(entry: Entry, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It exits with 2 and prints the message alone."""
    expected = message(entry, here)
    assert entry() == 2
    out, err = capsys.readouterr()
    assert err == f"geocnn: {expected}\n"
    assert out == ""
