"""The command line: one short file a verb, each imports its layer inside the function."""

import contextlib
import logging
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from geocnn import __version__
from geocnn.cli.evaluate import evaluate
from geocnn.cli.explain import explain as explain_network
from geocnn.cli.export import export
from geocnn.cli.failures import explain, open_streams, silence
from geocnn.cli.info import info
from geocnn.cli.interpret import interpret
from geocnn.cli.models import models
from geocnn.cli.numbers import as_typed
from geocnn.cli.predict import predict
from geocnn.cli.synth import synth
from geocnn.cli.train import train
from geocnn.cli.view import view
from geocnn.cli.watch import watch
from geocnn.interruption import terminations_as_interrupts

__all__ = ["app", "main"]

app = App(
    name="geocnn",
    help="Convolutional networks for gridded earth data: traces, sections, volumes.",
    help_epilogue="Add --debug to any command to see where an error came from.",
    version=__version__,
    # A list of numbers is written as on paper: --crop 96 96 96.
    default_parameter=Parameter(consume_multiple=1, negative=(), converter=as_typed),
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # main() has something to say about it
)
app.command(train)
for verb in (predict, interpret, evaluate, export, info, models, synth, view, watch):
    app.command(verb)
app.command(explain_network, name="explain")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0, 2 after an error that the user can cure, 1 after a fault of ours, 130 after Ctrl-C, 143 and
        129 after the SIGTERM of a batch system and the SIGHUP of a closed terminal.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    open_streams()
    with terminations_as_interrupts() as ended_by:
        code = _run([word for word in given if word != "--debug"], debug="--debug" in given)
        signal = ended_by()
    return code if signal is None else 128 + signal


def _run(words: list[str], *, debug: bool) -> int:
    """Run one command; what ends it becomes a sentence and an exit code."""
    try:
        app(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        logging.getLogger("asyncio").disabled = True  # Zarr's tasks that we leave behind
        if debug and not isinstance(error, CycloptsError):
            traceback.print_exc()
        code, sentence = explain(error, app)
        if not sentence:
            silence()
            return code
        with contextlib.suppress(OSError):  # the terminal may be closed
            print(f"geocnn: {sentence}", file=sys.stderr)  # noqa: T201
        return code
    return 0
