"""What the maintainers' commands are made of; the lessons need none of it."""

import asyncio
import sys


def explain(kind, error, trace):
    """Say in a sentence what a person can mend, a missing package, and show every other error as Python does."""
    if issubclass(kind, ModuleNotFoundError):
        wanted = "The series needs Python 3.11 or newer and the packages of requirements.txt"
        here = f"this is Python {sys.version_info[0]}.{sys.version_info[1]} ({sys.executable})"
        print(f"{error}. {wanted}, and {here}. They are installed by: make test", file=sys.stderr)
        print(f"Without make: {sys.executable} -m pip install -r requirements.txt", file=sys.stderr)
    elif issubclass(kind, (KeyboardInterrupt, asyncio.CancelledError)):
        print("\nStopped.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = explain
