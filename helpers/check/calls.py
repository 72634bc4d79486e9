"""Calling what a learner wrote: whatever it does, the check goes on and can say what happened.

A call gets inputs of its own and a limited time. What it prints is kept, an exception becomes a part of the
outcome, and only the learner's pressing of the stop button (KeyboardInterrupt) goes through.
"""

import contextlib
import copy
import ctypes
import io
import linecache
import numbers
import os
import signal
import sysconfig
import threading
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch

MAX_PRINTED = 10_000  # characters that are kept of what a call prints
# Code in these folders is not the learner's: this package, the standard library, what pip has installed.
FOLDERS = [Path(__file__).parents[1], *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib"))]
LIBRARIES = (*(f"{folder}{os.sep}" for folder in FOLDERS), "<frozen")


class TooSlow(BaseException):
    """Raised inside a call when its time is up; no Exception, so that ``except Exception`` lets it through."""


@dataclass
class Outcome:
    """What came of one call: a value (and the same as a tensor, where it holds numbers) or an error."""

    value: object = None
    tensor: torch.Tensor | None = None
    error: BaseException | None = None
    line: str = ""  # the learner's own line that raised the error, and its number in the cell
    line_number: int = 0
    printed: str = ""
    changed: int | None = None  # which input the call has changed


def call(function, inputs, seconds=None):
    """Call ``function`` with copies of ``inputs`` and return the ``Outcome``; no time limit if seconds is None."""
    given, printed = copy.deepcopy(inputs), _Printed()
    outcome = Outcome()
    if seconds is not None and seconds <= 0:
        return Outcome(error=TooSlow())
    try:
        with contextlib.redirect_stdout(printed), time_limit(seconds):
            outcome.value = function(*given)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and TooSlow are no Exceptions
        outcome.error = error
        outcome.line_number, outcome.line = learners_line(error)
        error.__traceback__ = None  # a traceback holds on to everything that the call had made
    outcome.printed = printed.getvalue()
    # A copy at once: the function may return a table of its own that its next call writes over.
    outcome.tensor = as_tensor(outcome.value)
    changed = [number for number, (a, b) in enumerate(zip(inputs, given, strict=True)) if not _unchanged(a, b)]
    outcome.changed = changed[0] if changed else None
    return outcome


@contextlib.contextmanager
def quietly():
    """Leave the learner's random numbers as they were, and keep warnings to ourselves."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def time_limit(seconds):
    """Raise ``TooSlow`` inside the block after so many seconds.

    In the main thread an alarm does it, where there is one: it ends a sleep, too. On Windows, and in other
    threads, a second thread asks Python to raise it: that ends loops, but a sleep or a long torch operation is
    not interrupted before it is over.
    """
    if seconds is None:
        yield
    elif hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with _alarm(seconds):
            yield
    else:
        with _asking_thread(seconds):
            yield


@contextlib.contextmanager
def _alarm(seconds):
    running, before = (0, 0), signal.getsignal(signal.SIGALRM)
    inside = True

    def stop(signum, frame):
        if inside:
            raise TooSlow

    try:
        signal.signal(signal.SIGALRM, stop)
        # Again after each further second: where Python ignores exceptions, in a destructor say, one could be lost.
        running = signal.setitimer(signal.ITIMER_REAL, seconds, 1)
        try:
            yield
        finally:
            inside = False
    finally:  # also when the alarm goes off just before the line above
        signal.setitimer(signal.ITIMER_REAL, *running)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


@contextlib.contextmanager
def _asking_thread(seconds):
    caller, lock, finished = ctypes.c_ulong(threading.get_ident()), threading.Lock(), threading.Event()

    def stop():
        with lock:
            if not finished.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(caller, ctypes.py_object(TooSlow))

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            finished.set()
        timer.cancel()


def learners_line(error):
    """The number and the text of the last line of the traceback that the learner wrote; (0, "") if there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__, limit=-200)):
        if not frame.filename.startswith(LIBRARIES):
            return frame.lineno, linecache.getline(frame.filename, frame.lineno).strip()
    return 0, ""


def as_tensor(value):
    """``value`` as a float64 tensor of its own, or None where it is anything but numbers in a regular shape."""
    try:
        if isinstance(value, torch.Tensor):
            value = value.detach().to_dense() if value.layout != torch.strided else value.detach()
            return None if value.is_complex() else value.to("cpu", torch.float64, copy=True)
        if isinstance(value, (list, tuple)):
            parts = [as_tensor(part) for part in value]
            return torch.stack(parts) if parts else torch.empty(0, dtype=torch.float64)
        if isinstance(value, numbers.Real):
            return torch.tensor(float(value), dtype=torch.float64)
        # NumPy's arrays and numbers, without importing NumPy.
        return torch.tensor(value.tolist(), dtype=torch.float64)
    except Exception:
        return None


def _unchanged(before, after):
    if isinstance(before, torch.Tensor):
        return before.shape == after.shape and before.dtype == after.dtype and torch.equal(before, after)
    return callable(before) or before == after


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed: a loop that never ends may print for ever."""

    def write(self, text):
        super().write(text[: max(0, MAX_PRINTED - self.tell())])
        return len(text)
