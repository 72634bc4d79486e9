"""How an answer is judged; what is found is plain data, without a word for the learner.

The cases of an exercise come in groups; each group tries one property ("a length for each sentence", "no
lengths"). The answer is called on every case. In the first group where it is wrong, its results are compared
with those of every named wrong answer, on all cases up to the end of that group: a mistake is named only when
everything agrees. Otherwise the smallest failing case is reported, with what came and what was expected.
"""

import functools
import inspect
import time
from dataclasses import dataclass, field

import torch

from . import session
from .calls import Outcome, attempt, call, look

TIME_LIMIT = 10  # seconds for all the calls of a check
TOLERANCE = 1e-4  # relative and absolute: float32 may be off by 1e-5, a mistake is off by far more
RECOGNISED = 3e-3  # the same between a wrong answer and a named one: a mistake may make the angles large
MAX_DRAWN = 100_000  # numbers: a larger matrix is not drawn
LARGEST_DRAWN = 1e100  # nor one with larger numbers, whose sum may be infinite


@dataclass(frozen=True)
class Case:
    """A case that fails: its group, what goes in by name, what came and what was expected."""

    group: str
    given: dict
    came: Outcome
    expected: Outcome


@dataclass(frozen=True)
class Finding:
    """What judging has found.

    ``mistake`` is the name of a mistake, or None; ``known`` says that the exercise itself names it. ``said`` are
    further sentences, each a key of the catalogue "check" and its values. ``drawn`` is the answer's matrix and the
    right one.
    """

    passed: bool
    mistake: str | None = None
    known: bool = False
    said: list = field(default_factory=list)
    case: Case | None = None
    drawn: tuple | None = None


def judge(exercise, answer):
    """Judge an answer to an exercise: the ``Finding``."""
    with session.kept():
        end = time.monotonic() + TIME_LIMIT
        unfit = _unfit(exercise, answer)
        if unfit:
            return Finding(False, "not-attempted" if unfit[0] == "stub" else unfit[0], said=[unfit])
        outcomes = _outcomes(exercise, answer, end)
        if any(outcome.is_stub for outcome in outcomes):
            return Finding(False, "not-attempted", said=[("stub", {"name": exercise.name})])
        slow = outcomes[-1].failure and outcomes[-1].failure.too_slow
        drawn = None if slow else _drawn(exercise, answer, end)
        right = known(exercise, exercise.right)
        pairs = list(zip(outcomes, right, strict=False))
        first = next((n for n, pair in enumerate(pairs) if not same(exercise, *pair)), None)
        if first is None:
            return _nothing_wrong(exercise, outcomes, right, drawn)
        found = recognise(exercise, outcomes, first)
        if found:
            said = _failure(outcomes[first].failure) if outcomes[first].failure else []
            name, is_known = found.name, True
        else:
            (name, said), is_known = _unnamed(exercise, pairs[first:]), False
        return Finding(False, name, is_known, said, _case(exercise, first, *pairs[first]), drawn)


def judge_question(question, answer):
    """Judge an answer to a question: the ``Finding``."""
    if answer is ... or answer is None:
        return Finding(False, "not-attempted", said=[("stub-value", {})])
    with session.kept():
        if question.letters:
            came = attempt(lambda: str.strip(answer, " .()").lower())
            if came not in set(question.letters):
                letters = ", ".join(f'"{letter}"' for letter in question.letters)
                return Finding(False, "wrong-type", said=[("a-letter", {"letters": letters, "first": letters[1]})])
        else:
            came = look(answer).numbers
            size = len(question.right) if isinstance(question.right, tuple) else 1
            if came is None or came.numel() != size:
                example = ", ".join(map(str, range(1, size + 1)))
                values = {"count": size, "example": example}
                return Finding(False, "wrong-type", said=[("some-numbers" if size > 1 else "a-number", values)])
    if _answers(question, came, question.right):
        return Finding(True)
    names = (wrong.name for wrong in question.mistakes for value in wrong.answers if _answers(question, came, value))
    name = next(names, None)
    return Finding(False, name, name is not None)


def _answers(question, came, value):
    if question.letters:
        return came == value
    # To about three digits: "22.6" is what one gets by hand.
    return close(came.flatten(), torch.tensor(value, dtype=torch.float64).flatten(), 0.004)


@functools.cache
def cases(exercise):
    """The cases of an exercise as [(group, inputs)], in order."""
    return [(group, inputs) for group, several in exercise.cases().items() for inputs in several]


@functools.cache
def known(exercise, answer):
    """The outcomes of a right or a named wrong answer, which are the same at every check."""
    return _outcomes(exercise, answer)


def _unfit(exercise, answer):
    """The sentence that says why ``answer`` cannot be called at all, or None."""
    values = {"name": exercise.name}
    if answer is ...:
        return "stub", values
    is_class = attempt(isinstance, answer, type, otherwise=False)
    if not callable(answer) or exercise.module and not is_class:
        return "not-a-class" if exercise.module else "not-a-function", values | {"got": look(answer)}
    if exercise.module and not attempt(issubclass, answer, torch.nn.Module, otherwise=False):
        return "not-a-module", values
    signature = attempt(inspect.signature, answer)  # some functions of C code do not tell
    try:
        if isinstance(signature, inspect.Signature):
            signature.bind(*exercise.parameters.split(", "))
    except TypeError:
        got = ", ".join(signature.parameters)
        return "wrong-parameters", values | {"expected": exercise.parameters, "got": got}
    return None


def _call(exercise, answer, inputs, seconds=None):
    if not exercise.module:
        return call(answer, inputs, seconds)
    (probe,) = inputs
    return call(probe, (answer,), seconds)


def _outcomes(exercise, answer, end=None):
    """The outcome of each case, as far as the time reaches."""
    outcomes = []
    for _, inputs in cases(exercise):
        outcome = _call(exercise, answer, inputs, None if end is None else end - time.monotonic())
        outcomes.append(outcome)
        if outcome.is_stub or outcome.failure and outcome.failure.too_slow:
            break
    return outcomes


def _nothing_wrong(exercise, outcomes, right, drawn):
    expected, came = right[0].value, outcomes[0].value
    dtypes = exercise.dtype if isinstance(exercise.dtype, tuple) else (exercise.dtype,)
    if exercise.dtype and came.dtype and came.dtype not in [str(dtype).removeprefix("torch.") for dtype in dtypes]:
        said = [("wrong-dtype", {"expected": dtypes[0], "got": came.dtype})]
        return Finding(False, "wrong-dtype", said=said, drawn=drawn)
    changed = next((outcome.changed for outcome in outcomes if outcome.changed is not None), None)
    if changed is not None and not exercise.module:
        said = [("input-changed", {"parameter": exercise.parameters.split(", ")[changed]})]
        return Finding(False, "input-changed", said=said, drawn=drawn)
    groups = list(dict.fromkeys(group for group, _ in cases(exercise)))
    said = [("passed", {"count": len(outcomes), "groups": groups})]
    if expected.kind == "tensor" and came.kind != "tensor":
        said.append(("not-a-tensor", {"got": came}))
    return Finding(True, said=said, drawn=drawn)


def recognise(exercise, outcomes, first):
    """The ``Mistake`` that explains ``outcomes``, of which number ``first`` is the first wrong one, or None."""
    groups = [group for group, _ in cases(exercise)]
    end = len(groups) - groups[::-1].index(groups[first])  # of the group in which it goes wrong
    right, best = known(exercise, exercise.right), (0, None)
    for wrong in exercise.mistakes:
        for answer in wrong.answers:
            outcomes_of_it = known(exercise, answer)
            if len(outcomes) >= end and _explains(exercise, outcomes_of_it[:end], outcomes[:end], right[:end]):
                # Where several fit so far, the one that fits furthest.
                further = zip(outcomes_of_it[end:], outcomes[end:], strict=False)
                fits = 1 + sum(same(exercise, *pair) for pair in further)
                best = max(best, (fits, wrong), key=lambda pair: pair[0])
    if best[1] is None and not (outcomes[first].failure and outcomes[first].failure.too_slow):
        return next((wrong for wrong in exercise.mistakes if wrong.group == groups[first]), None)
    return best[1]


def same(exercise, one, other, tolerance=0):
    """Whether two outcomes are alike; a number may come as a tensor with one entry."""
    tolerance = max(tolerance, exercise.tolerance)
    if one.failure or other.failure:
        return (one.failure and (one.failure.kind, one.failure.text)) == (
            other.failure and (other.failure.kind, other.failure.text)
        )
    a, b = one.value, other.value
    if a.numbers is None or b.numbers is None:
        return a.numbers is b.numbers and (a.kind, a.shape, a.dtype, a.text) == (b.kind, b.shape, b.dtype, b.text)
    if a.numbers.numel() == b.numbers.numel() == 1 and 0 in (a.numbers.dim(), b.numbers.dim()):
        return close(a.numbers.flatten(), b.numbers.flatten(), tolerance)
    return close(a.numbers, b.numbers, tolerance)


def _explains(exercise, outcomes_of_it, outcomes, right):
    """Whether the outcomes are those of a known wrong answer.

    In one case at least, both have to be wrong in the same way; then elsewhere two errors of the same type count
    as alike, whatever they say.
    """
    exactly = False
    for wrong, outcome, expected in zip(outcomes_of_it, outcomes, right, strict=True):
        if same(exercise, wrong, outcome, RECOGNISED):
            exactly = exactly or not (same(exercise, outcome, expected) or same(exercise, wrong, expected, RECOGNISED))
        elif not (wrong.failure and outcome.failure and wrong.failure.kind == outcome.failure.kind):
            return False
    return exactly


def _unnamed(exercise, pairs):
    """The name, if there is one, and the sentences where no named mistake fits the ``pairs`` (came, expected)."""
    outcome, expected = pairs[0]
    if outcome.failure:
        return ("too-slow" if outcome.failure.too_slow else "error"), _failure(outcome.failure)
    value, right = outcome.value, expected.value
    if value.kind == "nothing":
        return "returned-nothing", [("returned-nothing", {"name": exercise.name})]
    if value.shape is not None and right.shape is not None and value.shape != right.shape:
        return "wrong-shape", [_shape(value, right)]
    came, wanted = value.numbers, right.numbers
    if came is None and wanted is not None and {value.kind, right.kind} <= {"list", "tuple"}:
        return "wrong-shape", [("wrong-parts", {"count": right.shape[0], "expected": right.shape[1:]})]
    if came is None or wanted is None:
        return "wrong-type", [("wrong-type", {"name": exercise.name, "got": value, "expected": right})]
    if came.isnan().any():
        return "nan", [("nan", {})]
    if came.isinf().any():
        return "infinite", [("infinite", {})]
    if value.dtype in ("float16", "bfloat16") and close(came, wanted, 0.02):
        return "low-precision", [("low-precision", {"got": value.dtype})]
    clue = exercise.clue and exercise.clue(came, wanted) or _strikes(exercise, pairs)
    return None, [("wrong-values" if wanted.dim() else "wrong-value", {}), *([clue] if clue else [])]


def _shape(value, right):
    """The sentence about a wrong shape."""
    came, wanted = value.numbers, right.numbers
    if came is not None and came.dim() > 1 and close(came.mT, wanted):
        return "transposed", {}
    if came is not None and came.dim() != wanted.dim() and close(came.squeeze(), wanted.squeeze()):
        return "extra-dimension", {}
    return "wrong-shape", {"expected": right.shape, "got": value.shape}


def _failure(failure):
    """The sentences about an error, or about a time that was up."""
    error = f"{failure.kind}: {failure.text}".rstrip(" :.")
    values = {"seconds": TIME_LIMIT, "error": error, "number": failure.line_number, "line": failure.line}
    key = "too-slow" if failure.too_slow else "raised"
    said = [(f"{key}-at", values), ("own-line", values)] if failure.line else [(key, values)]
    if not failure.too_slow and "ellipsis" in failure.text:
        said.append(("stub-within", {}))
    if "is ambiguous" in failure.text:
        said.append(("one-truth-value", {}))
    return said


def _strikes(exercise, pairs):
    """What is simple about wrong values, the same in all cases that fail; None if nothing is."""
    pairs = [(o.value.numbers if o.value else None, e.value.numbers) for o, e in pairs if not same(exercise, o, e)]
    if not all(came is not None and came.shape == wanted.shape for came, wanted in pairs):
        return None
    came, wanted = (torch.cat([tensors[side].flatten() for tensors in pairs]) for side in (0, 1))
    if not (came.isfinite().all() and wanted.isfinite().all()):
        return None
    large = wanted.abs() > 0.01
    factors, shifts = came[large] / wanted[large], came - wanted
    if (
        large.any()
        and factors[0] != 0
        and close(factors, factors[:1].expand_as(factors), 0.01)
        and close(came, wanted * factors[0], 0.01)
    ):
        return "factor", {"factor": factors[0].item()}
    if len(shifts) > 1 and close(shifts, shifts[:1].expand_as(shifts), 0.001):
        return "shifted", {"shift": shifts[0].item()}
    if all(w.dim() > 1 and w.shape[-1] == w.shape[-2] and close(c.transpose(-1, -2), w) for c, w in pairs):
        return "transposed", {}
    for dimension in range(max(w.dim() for _, w in pairs)):
        if all(w.dim() > dimension and close(c.flip(dimension), w) for c, w in pairs):
            return "reversed", {"dimension": dimension}
    return None


def _case(exercise, number, came, expected):
    group, inputs = cases(exercise)[number]
    names = exercise.parameters.split(", ")
    given = getattr(inputs[0], "given", {}) if exercise.module else dict(zip(names, inputs, strict=True))
    return Case(group, given, came, expected)


def _drawn(exercise, answer, end):
    """The matrix of the answer and the right one, where the exercise has a picture and there is something to draw."""
    if exercise.drawn is None:
        return None
    outcome = _call(exercise, answer, exercise.drawn[0], end - time.monotonic())
    came = outcome.value and outcome.value.numbers
    came = None if came is None else came.squeeze()
    if came is None or came.dim() != 2 or not 0 < came.numel() <= MAX_DRAWN or not (came.abs() <= LARGEST_DRAWN).all():
        return None
    return came, _call(exercise, exercise.right, exercise.drawn[0]).value.numbers.squeeze()


def close(came, expected, tolerance=TOLERANCE):
    """Whether two tensors have the same shape and, relative and absolute, the same numbers."""
    return came.shape == expected.shape and torch.allclose(came, expected, tolerance, tolerance, equal_nan=True)
