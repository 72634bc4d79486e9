"""A check survives any answer: a verdict within its time, and the learner's session as it was.

Answers that are only strange, and what each is called, stand in test_check.py.
"""

import contextlib
import math
import os
import random
import sys
import time
import warnings

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check import calls, judging, session


def raising(error):
    """An answer that stops with ``error``."""

    def answer(*arguments):
        raise error

    return answer


def never_ends(*arguments, **keywords):
    while True:
        time.sleep(0.01)


def deep(levels=100_000):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def endless_list():
    value = [1.0]
    value.append(value)
    return value


def catches_everything(*arguments):
    with contextlib.suppress(BaseException):
        never_ends()
    return 1 / 0


def kind(base=object, **members):
    """An instance of a class with such members."""
    return type("Odd", (base,), members)()


class Nameless(type):
    """The type of a class whose name cannot be had."""

    __name__ = property(lambda cls: 1 / 0)


def own_error(**members):
    return type("OddError", (Exception,), members)("odd")


class OddTensor(torch.Tensor):
    """A tensor that answers nothing."""

    @classmethod
    def __torch_function__(cls, *arguments, **keywords):
        raise RuntimeError("no")


class OddArray(np.ndarray):
    """An array that never gives its numbers away."""

    tolist = never_ends


broken = property(lambda self: 1 / 0)
HOSTILE = {
    "a repr that raises": lambda P: kind(__repr__=lambda self: 1 / 0),
    "a repr that exits": lambda P: kind(__repr__=lambda self: sys.exit()),
    "a repr that never ends": lambda P: kind(__repr__=never_ends),
    "a repr that is no text": lambda P: kind(__repr__=lambda self: 3),
    "attributes that never end": lambda P: kind(__getattr__=never_ends),
    "a class that raises": lambda P: kind(__class__=broken),
    "a list that never ends": lambda P: kind(list, __iter__=lambda self: iter(int, 1)),
    "an equality that never ends": lambda P: kind(__eq__=never_ends, __hash__=None),
    "a length that raises": lambda P: kind(list, __len__=lambda self: 1 / 0),
    "a tensor that answers nothing": lambda P: P.as_subclass(OddTensor),
    "an array that gives nothing away": lambda P: np.ones(3).view(OddArray),
    "objects that raise in an array": lambda P: np.array([kind(__float__=lambda self: 1 / 0)], dtype=object),
    "an error whose str raises": raising(own_error(__str__=lambda self: 1 / 0)),
    "an error whose str never ends": raising(own_error(__str__=never_ends)),
    "an error whose str exits": raising(own_error(__str__=lambda self: sys.exit())),
    "an error whose class has no name": raising(Nameless("Odd", (Exception,), {})()),
    "exit": raising(SystemExit(kind(__str__=lambda self: 1 / 0))),
    "a generator's exit": raising(GeneratorExit()),
    "no memory": raising(MemoryError()),
    "the end of an iterator": raising(StopIteration()),
    "a loop that catches everything": catches_everything,
    "infinity": lambda P: math.inf,
    "NaN": lambda P: math.nan,
    "a complex number": lambda P: 1j,
    "nothing in a large shape": lambda P: torch.empty(10**9, 0),
    "a huge view of one number": lambda P: torch.ones(1).expand(10**12),
    "huge numbers": lambda P: P.double() * 1e160,
    "the hugest numbers": lambda P: torch.full((len(P), len(P)), 1.7e308, dtype=torch.float64),
    "a huge whole number": lambda P: 10**400,
    "a huge word": lambda P: "x" * 10**7,
    "a huge list": lambda P: [0] * 10**7,
    "a huge whole number in a dictionary": lambda P: {1: 10**10_000},
    "a huge sparse tensor": lambda P: torch.sparse_coo_tensor([[0], [0]], [1.0], (10**6, 10**6)),
    "a deep list": lambda P: deep(),
    "a deep list in a dictionary": lambda P: {"a": deep()},
    "a list in itself": lambda P: endless_list(),
    "a nested tensor": lambda P: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "a quantized tensor": lambda P: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.quint8),
    "a tensor of inference": torch.inference_mode()(lambda P: P + 1),
    "marks and lines": lambda P: "<b>*x* `y`\n\n  z",
    "a module": lambda P: torch,
    "its own class": lambda P: torch.Tensor,
}


@pytest.fixture
def short_times(monkeypatch):
    """Three times as long as is needed here: what never ends is to be stopped, and soon."""
    monkeypatch.setattr(judging, "TIME_LIMIT", 0.5)
    monkeypatch.setattr(calls, "LOOKING", 0.3)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_gets_a_verdict_in_time(name, short_times):
    start = time.monotonic()
    verdict = check.similarity(HOSTILE[name])
    assert not verdict.passed and verdict.message
    assert verdict.mistake == "error" or not name.startswith("an error")
    assert repr(verdict) and verdict._repr_html_()
    assert time.monotonic() - start < 10


def test_an_answer_with_huge_numbers_is_drawn_as_long_as_they_can_be_summed_up():
    assert "e+" in repr(check.rotary(lambda X, p: X.double() * 1e60))
    assert repr(check.rotary(lambda X, p: X.double() * 1e160))
    assert check.rotary(lambda X, p: X.double() * 1e160).picture is None


HANDED_IN = {
    "a call that raises": lambda: kind(__call__=broken),
    "a class that raises": lambda: kind(__class__=broken),
    "a repr that raises": lambda: kind(__repr__=lambda self: 1 / 0),
    "a signature that raises": lambda: kind(__signature__=broken, __call__=lambda self, P: P),
    "a call that never ends": lambda: kind(__call__=never_ends),
    "attributes that never end": lambda: kind(__getattr__=never_ends),
    "a deep list": deep,
    "a list in itself": endless_list,
}


@pytest.mark.parametrize("name", HANDED_IN)
@pytest.mark.parametrize("entry", [check.similarity, check.PositionalEncoding, check.head_width, check.padded_rows])
def test_whatever_is_handed_in_gets_a_verdict(entry, name, short_times):
    verdict = entry(HANDED_IN[name]())
    assert not verdict.passed and repr(verdict) and verdict._repr_html_()


# The session


def change_everything(folder):
    """Everything that an answer may leave otherwise than it was."""
    torch.set_default_dtype(torch.float16)
    torch.set_default_device("meta")
    torch.set_grad_enabled(False)
    torch.set_anomaly_enabled(True)
    torch.set_num_threads(torch.get_num_threads() + 1)
    torch.set_autocast_enabled("cpu", True)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    np.seterr(all="raise")
    sys.setrecursionlimit(sys.getrecursionlimit() + 7)
    os.environ["ATTENTION"] = "changed"
    os.environ.pop("PATH", None)
    os.chdir(folder)
    warnings.simplefilter("error")


LOOK = {
    "default dtype": torch.get_default_dtype,
    "default device": torch.get_default_device,
    "gradients": torch.is_grad_enabled,
    "anomaly": torch.is_anomaly_enabled,
    "threads": torch.get_num_threads,
    "autocast": lambda: torch.is_autocast_enabled("cpu"),
    "deterministic": torch.are_deterministic_algorithms_enabled,
    "torch's numbers": lambda: torch.get_rng_state().tolist(),
    "random's numbers": random.getstate,
    "numpy's numbers": lambda: [part.tolist() if hasattr(part, "tolist") else part for part in np.random.get_state()],
    "numpy's errors": np.geterr,
    "recursion": sys.getrecursionlimit,
    "environment": lambda: {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    "folder": os.getcwd,
    "warnings": lambda: list(warnings.filters),
}


def seen():
    return {name: look() for name, look in LOOK.items()}


@pytest.fixture
def watched():
    """The session before; put back afterwards, so that a test that fails does not spoil the next."""
    with session.kept(), warnings.catch_warnings():
        yield seen()


@pytest.mark.parametrize("ends", ["right", "wrong", "error", "exit", "time"])
def test_a_check_leaves_the_session_as_it_was(ends, watched, tmp_path, monkeypatch):
    if ends == "time":
        monkeypatch.setattr(judging, "TIME_LIMIT", 1)

    def answer(P):
        right = check.similarity.right(P)
        change_everything(tmp_path)
        if ends in ("error", "exit"):
            raise (SystemExit if ends == "exit" else ValueError)("changed")
        return never_ends() if ends == "time" else right + (ends == "wrong")

    verdict = check.similarity(answer)
    assert verdict.passed == (ends == "right"), verdict
    assert seen() == watched


def test_what_changes_everything_changes_everything_that_is_looked_at(watched, tmp_path):
    change_everything(tmp_path)
    now = seen()
    assert [name for name in LOOK if now[name] == watched[name]] == []


def test_a_question_and_a_picture_leave_the_session_as_it_was(watched, tmp_path):
    class Changing(float):
        def __float__(self):
            change_everything(tmp_path)
            return 1.0

    check.head_width(Changing(3))
    repr(check.positional_encoding(lambda n, d: change_everything(tmp_path) or torch.zeros(n, d, device="cpu")))
    assert seen() == watched


def test_no_memory_is_asked_for_to_look_at_a_huge_view():
    assert calls.look(torch.ones(1).expand(calls.MAX_NUMBERS + 1)).numbers is None
    assert calls.look(torch.ones(1).expand(calls.MAX_NUMBERS)).numbers is not None


@pytest.mark.parametrize("changes", ["the call", "a look at the result"])
def test_one_call_does_not_see_what_the_call_before_has_changed(changes, tmp_path):
    class Changing(float):
        def __float__(self):
            change_everything(tmp_path)
            return super().__float__()

    def answer(P):
        found.append((torch.get_default_dtype(), torch.is_grad_enabled(), os.getcwd()))
        if changes == "the call":
            change_everything(tmp_path)
        return [[Changing(0)] * len(P)] * len(P)

    found = []
    check.similarity(answer)
    assert len(found) > 1 and len(set(found)) == 1


def test_an_answer_that_drops_out_is_known_as_one_whatever_the_seed():
    (wrong,) = [wrong for wrong in check.PositionalEncoding.mistakes if wrong.name == "dropout-in-evaluation"]
    for seed in range(3):
        torch.manual_seed(seed)
        assert check.PositionalEncoding(wrong.answers[0]).mistake == wrong.name
