"""Calling what a learner wrote: whatever it does, the check goes on and can say what happened.

A call gets inputs of its own and a limited time, and leaves the session as it was. What comes of it is looked at once
and becomes an ``Outcome``, plain data: afterwards nothing of the learner's is touched, so nothing of it can break the
verdict. Only the learner's pressing of the stop button (KeyboardInterrupt) goes through.
"""

import contextlib
import copy
import ctypes
import io
import linecache
import numbers
import os
import re
import reprlib
import signal
import sysconfig
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import torch

from . import session

MAX_PRINTED = 10_000  # characters that are kept of what a call prints
MAX_NUMBERS = 1_000_000  # that are compared: no exercise expects a hundredth of it
LOOKING = 1.0  # seconds for looking at what came: its repr may take for ever
LETTERS_SHOWN = 300  # of an error, of what was printed, of a value that holds no numbers
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# Code in these folders is not the learner's: this package, the standard library, what pip has installed.
FOLDERS = [Path(__file__).parents[1], *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib"))]
LIBRARIES = (*(f"{folder}{os.sep}" for folder in FOLDERS), "<frozen")


class TooSlow(BaseException):
    """Raised inside a call when its time is up; no Exception, so that ``except Exception`` lets it through."""


@dataclass(frozen=True)
class Value:
    """What came, as plain data.

    ``kind`` is "nothing" (None), "stub" (...), "tensor" or the name of a type; ``shape`` is None for what is no tensor
    and holds no numbers in a regular shape, and ``numbers`` the same in float64, where they can be compared.
    """

    kind: str
    shape: tuple | None = None
    numbers: torch.Tensor | None = None
    dtype: str = ""  # of a tensor or an array, without the library's name
    text: str = ""  # how it is shown where it holds no numbers


@dataclass(frozen=True)
class Failure:
    """An exception as plain data, with the learner's own line that raised it and its number in the cell."""

    kind: str
    text: str
    line: str = ""
    line_number: int = 0

    @property
    def too_slow(self):
        """Whether the time was up."""
        return self.kind == TooSlow.__name__


@dataclass(frozen=True)
class Outcome:
    """What came of one call: a value or a failure, what it printed, and the number of an input that it changed."""

    value: Value | None = None
    failure: Failure | None = None
    printed: str = ""
    changed: int | None = None

    @property
    def is_stub(self):
        """Whether the answer has not been written yet."""
        return self.failure.kind == "NotImplementedError" if self.failure else self.value.kind == "stub"


def call(function, inputs, seconds=None):
    """Call ``function`` with copies of ``inputs`` and return the ``Outcome``.

    Without ``seconds`` the function is one of ours, and neither its time nor what it does to the session is watched.
    """
    given, printed = copy.deepcopy(inputs), _Printed()
    if seconds is not None and seconds <= 0:
        return Outcome(failure=Failure(TooSlow.__name__, ""))
    value = failure = None
    with contextlib.redirect_stdout(printed):
        with contextlib.nullcontext() if seconds is None else session.kept():
            torch.manual_seed(0)  # the same random numbers for all: an answer that drops out is known as one that does
            try:
                with time_limit(seconds):
                    value = function(*given)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # SystemExit and TooSlow are no Exceptions
                failure = attempt(_failure, error, otherwise=Failure("Exception", ""))
        if failure is None:
            value = look(value)  # at once: the function may return a table of its own that its next call writes over
        changed = attempt(_changed, inputs, given, otherwise=0)
    return Outcome(value, failure, printed.getvalue(), changed)


def attempt(function, *arguments, otherwise=None, seconds=LOOKING):
    """What ``function`` returns about something of the learner's; ``otherwise`` if it raises or takes too long."""
    try:
        with time_limit(seconds):
            return function(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return otherwise


def look(value):
    """``value``, whatever it is, as a ``Value``; it may have methods of the learner's, which run here."""
    if value is None or value is ...:
        return Value("stub" if value is ... else "nothing")
    with session.kept():
        kind = attempt(lambda: str(type(value).__name__), otherwise="object")
        if type(value) is bool or attempt(isinstance, value, torch.Tensor, otherwise=False):
            seen = attempt(_look_at_tensor, value)
        else:
            seen = attempt(_look_at_numbers, value, kind)
        return seen or Value(kind, text=attempt(_text, value, otherwise=f"<{kind}>"))


def _look_at_tensor(value):
    if type(value) is bool:
        return Value("bool", (), torch.tensor(value, dtype=torch.float64, device="cpu"), text=str(value))
    plain = value.detach()
    if type(plain) is not torch.Tensor:  # a subclass may answer as it likes
        plain = plain.as_subclass(torch.Tensor)
    dtype = str(plain.dtype).removeprefix("torch.")
    shape = tuple(plain.shape)
    if plain.is_complex() or plain.is_meta or plain.numel() > MAX_NUMBERS:
        return Value("tensor", shape, None, dtype)
    dense = plain.to_dense() if plain.layout != torch.strided else plain
    text = str(bool(dense)) if dense.dtype == torch.bool and dense.dim() == 0 else ""
    return Value("tensor", shape, dense.to("cpu", torch.float64, copy=True), dtype, text)


def _look_at_numbers(value, kind):
    array = _as_tensor(value, [0])
    dtype = getattr(value, "dtype", "")
    return Value(kind, tuple(array.shape), array, str(dtype) if dtype else "", "")


def _as_tensor(value, count):
    """``value`` as a float64 tensor of its own; raises where it is anything but numbers in a regular shape."""
    count[0] += 1
    if count[0] > MAX_NUMBERS:
        raise ValueError
    if isinstance(value, torch.Tensor):
        return _look_at_tensor(value).numbers
    if isinstance(value, (list, tuple)):
        parts = [_as_tensor(part, count) for part in value]
        return torch.stack(parts) if parts else torch.empty(0, dtype=torch.float64, device="cpu")
    if isinstance(value, numbers.Real):
        return torch.tensor(float(value), dtype=torch.float64, device="cpu")
    size = getattr(value, "size", 0)
    if isinstance(size, int) and size > MAX_NUMBERS:
        raise ValueError
    # NumPy's arrays and numbers.
    return torch.tensor(value.tolist(), dtype=torch.float64, device="cpu")


def _text(value):
    """A value without numbers as text, short however large or deep it is."""
    if callable(value):
        return str(getattr(value, "__name__", type(value).__name__))
    shown = reprlib.Repr()
    shown.maxlevel, shown.maxlist, shown.maxtuple, shown.maxdict, shown.maxset = 6, 50, 50, 20, 20
    shown.maxstring = shown.maxlong = shown.maxother = 2 * LETTERS_SHOWN
    return cut(ADDRESS.sub("", str(shown.repr(value))))


def _failure(error):
    kind = str(type(error).__name__)
    text = attempt(lambda: cut(str(error).split("\n")[0]), otherwise="")
    line_number, line = attempt(learners_line, error, otherwise=(0, ""))
    error.__traceback__ = None  # a traceback holds on to everything that the call had made
    return Failure(kind, text, line, line_number)


def cut(text):
    """``text``, shortened to LETTERS_SHOWN."""
    return text if len(text) <= LETTERS_SHOWN else f"{text[:LETTERS_SHOWN]} …"


def learners_line(error):
    """The number and the text of the last line of the traceback that the learner wrote; (0, "") if there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__, limit=-200)):
        if not frame.filename.startswith(LIBRARIES):
            return frame.lineno, linecache.getline(frame.filename, frame.lineno).strip()
    return 0, ""


def _changed(inputs, given):
    """The number of the first input that is not what it was, or None."""
    changed = (number for number, (a, b) in enumerate(zip(inputs, given, strict=True)) if not _unchanged(a, b))
    return next(changed, None)


def _unchanged(before, after):
    if isinstance(before, torch.Tensor):
        return before.shape == after.shape and before.dtype == after.dtype and torch.equal(before, after)
    return callable(before) or before == after


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
    (running, again), before = (0, 0), signal.getsignal(signal.SIGALRM)
    inside, start = True, time.monotonic()

    def stop(signum, frame):
        if inside:
            raise TooSlow

    try:
        signal.signal(signal.SIGALRM, stop)
        # Again after each further second: where Python ignores exceptions, in a destructor say, one could be lost.
        running, again = signal.setitimer(signal.ITIMER_REAL, seconds, 1)
        try:
            yield
        finally:
            inside = False
    finally:  # also when the alarm goes off just before the line above
        if running:  # an alarm that was set before goes on where it would be by now
            running = max(running - (time.monotonic() - start), 1e-3)
        signal.setitimer(signal.ITIMER_REAL, running, again)
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


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed: a loop that never ends may print for ever."""

    def write(self, text):
        super().write(text[: max(0, MAX_PRINTED - self.tell())])
        return len(text)
