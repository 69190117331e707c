"""The `warwire` command: verbs, exit codes and the one line that a wrong call gets."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from warwire.errors import InputError, RunError

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

app = typer.Typer(
    help="Mark up conflict news: who acts, what is done with force, how much aid is given.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


WrongCall: Any = typer.BadParameter.__mro__[2]
"""What every wrong call raises: click's own class, or the copy of it that newer typer brings."""


def run(verb: str | None = None, arguments: Sequence[str] | None = None) -> None:
    """Run `warwire VERB arguments…` and leave with 0 (done), 1 (failed) or 2 (wrong input)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _write_utf8()
    sys.exit(_exit_code([verb, *given] if verb else given))


def _write_utf8() -> None:
    """Let standard output hold every letter of the articles, whatever the locale's encoding."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(encoding="utf-8", errors=sys.stdout.errors)


def _exit_code(arguments: list[str]) -> int:
    from warwire.cli import (  # noqa: F401
        audit,
        benchmark,
        compare,
        export,
        learn,
        predict,
        prepare,
        rank,
        robustness,
        score,
        serve,
        studio,
        suspects,
        sweep,
        train,
    )

    try:
        # newer typer gives back 130 instead of raising KeyboardInterrupt
        if app(arguments or ["--help"], prog_name="warwire", standalone_mode=False) == 130:
            return _complain("interrupted", 130)
    except InputError as error:
        return _complain(str(error), 2)
    except WrongCall as error:
        return _complain(f"{error.format_message()} (see --help)", 2)
    except RunError as error:
        return _complain(str(error), 1)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return _complain("interrupted", 130)
    except OSError as error:
        return _complain(f"{error.filename or 'input or output'}: {error.strerror or error}", 1)
    return 0


def _complain(message: str, code: int) -> int:
    print(f"warwire: {' '.join(message.split())}", file=sys.stderr)
    return code
