"""The one door out of the command line: causes in plain words, the traceback only when asked for."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable


def leave(work: Callable[[], object], arguments: list[str]) -> int:
    """Run the work; an error is told in one sentence with its cure, and becomes exit code 1."""
    try:
        work()
    except KeyboardInterrupt:
        _write("Stopped. What was finished is kept; run the same command to go on.")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the door is where every error ends
        _tell(error, as_json="--json" in arguments)
        if "--verbose" in arguments:
            traceback.print_exception(error)
        return 1
    return 0


def _tell(error: Exception, *, as_json: bool) -> None:
    message, cure = in_plain_words(error)
    if as_json:
        _write(json.dumps({"error": message, "cure": cure}, ensure_ascii=False))
    else:
        _write(f"Error: {message}\n{cure}")


def _write(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def in_plain_words(error: BaseException) -> tuple[str, str]:
    """One sentence for the cause, one for the cure."""
    if isinstance(error, BaseExceptionGroup):
        return in_plain_words(error.exceptions[0])
    cure = getattr(error, "cure", None)
    if isinstance(cure, str):
        return str(error), cure
    if isinstance(error, OSError):
        return _of_the_system(error)
    return (
        f"Something unexpected happened: {type(error).__name__}: {str(error).partition(chr(10))[0]}",
        "Run it again with --verbose before the command, and report what it prints.",
    )


def _of_the_system(error: OSError) -> tuple[str, str]:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full{where}.", "Free some space and run the command again; nothing was half written."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"Access is denied{where}.", "Check who owns the folder, or set INVOCO_DATA_FOLDER to another one."
    return f"{error.strerror or error}{where}.", "Check the path and the network, and run the command again."
