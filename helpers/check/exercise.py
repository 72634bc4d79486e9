"""An exercise as data, and how an answer is judged.

The cases of an exercise come in groups; each group tries one property ("a length for each sentence", "no
lengths"). The answer is called on every case. In the first group where it is wrong, its results are compared
with those of every named wrong answer, on all cases up to the end of that group: a mistake is named only when
everything agrees. Otherwise the smallest failing case is shown, with what came and what was expected.
"""

import functools
import inspect
import re
import time
from dataclasses import dataclass

import torch

from . import words
from .calls import Outcome, TooSlow, as_tensor, call, quietly
from .verdict import Verdict

TIME_LIMIT = 10  # seconds for all the calls of a check
TOLERANCE = 1e-4  # relative and absolute: float32 may be off by 1e-5, a mistake is off by far more
RECOGNISED = 3e-3  # the same between a wrong answer and a named one: a mistake may make the angles large
FEW = 12  # numbers that are shown one by one
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
LETTERS_SHOWN = 300  # of an error, of what was printed, of a value that holds no numbers


@dataclass(frozen=True)
class Mistake:
    """A named wrong answer.

    Args:
        name: short and stable, such as "no-scaling".
        message: what was done and what follows from it, without the solution.
        see: the slide where the lesson shows it, (lesson, title), or (lesson, "") for the whole lesson.
        answers: one or several ways to make it: functions (or classes) for an exercise, values for a question.
        group: if given, whatever goes wrong first in this group of cases is this mistake.
    """

    name: str
    message: str
    see: tuple
    answers: tuple
    group: str | None = None

    @property
    def told(self):
        """The message, and where to look."""
        lesson, slide = self.see
        look = words.LOOK.format(lesson=lesson, slide=slide) if slide else words.LOOK_LESSON.format(lesson=lesson)
        return f"{self.message} {look}"


def mistake(name, message, see, *answers, group=None):
    """A ``Mistake``, written on few lines."""
    return Mistake(name, message, see, answers, group)


class Exercise:
    """A function, or a class, that a learner writes; calling the exercise checks an answer.

    Args:
        name: of the check and of what the learner writes.
        parameters: names of its parameters, as one string.
        right: a right answer.
        cases: a function that returns {group: [inputs, ...]}, the smallest first.
        mistakes: the named wrong answers.
        praise: what to notice once it is right.
        dtype: the dtype that the result must have, where it matters, or a tuple of those that will do.
        module: whether the answer is a subclass of nn.Module; then each input is a probe, called with the class.
        tolerance: how far from the right answer, relative and absolute, is still right.
        clue: a function of (came, expected) that returns a sentence or None.
        drawn: (inputs, options): the matrix that comes for these inputs is drawn beside the right one, with these
            options of plots.heatmaps.
    """

    def __init__(
        self,
        name,
        parameters,
        right,
        cases,
        mistakes,
        praise,
        dtype=None,
        module=False,
        clue=None,
        drawn=None,
        tolerance=TOLERANCE,
    ):
        self.name, self.parameters, self.right, self.mistakes = name, parameters.split(", "), right, mistakes
        self.praise, self.dtype, self.module, self.clue, self.drawn = praise, dtype, module, clue, drawn
        self.tolerance = tolerance
        self._make_cases, self._groups = cases, None
        self._known = {}  # outcomes of right and of wrong answers, which are the same at every check

    def __repr__(self):
        return f"check.{self.name}({self.name})"

    def __call__(self, answer):
        """Judge ``answer`` and return a ``Verdict``."""
        problem = self._not_callable(answer)
        if problem:
            return Verdict(self.name, False, *problem)
        with quietly():
            outcomes, seconds = self._outcomes(answer, TIME_LIMIT)
            return self._judge(answer, outcomes, seconds)

    def groups(self):
        """The cases as [(group, inputs)], in order."""
        if self._groups is None:
            self._groups = [(group, inputs) for group, cases in self._make_cases().items() for inputs in cases]
        return self._groups

    def _not_callable(self, answer):
        if answer is ...:
            return "not-attempted", words.STUB.format(name=self.name)
        if self.module and not isinstance(answer, type):
            return "not-a-class", words.NOT_A_CLASS.format(name=self.name, got=_kind(answer))
        if not callable(answer):
            return "not-a-function", words.NOT_A_FUNCTION.format(name=self.name, got=_kind(answer))
        if self.module and not issubclass(answer, torch.nn.Module):
            return "not-a-module", words.NOT_A_MODULE.format(name=self.name)
        try:
            signature = inspect.signature(answer)
        except (TypeError, ValueError):  # some functions of C code do not tell
            return None
        try:
            signature.bind(*self.parameters)
        except TypeError:
            expected, got = ", ".join(self.parameters), ", ".join(signature.parameters)
            return "wrong-parameters", words.WRONG_PARAMETERS.format(name=self.name, expected=expected, got=got)
        return None

    def _call(self, answer, inputs, seconds=None):
        if not self.module:
            return call(answer, inputs, seconds)
        (probe,) = inputs
        return call(probe, (answer,), seconds)

    def _outcomes(self, answer, seconds=None):
        """The outcome of each case, as far as the time reaches, and the seconds that were allowed."""
        outcomes, end = [], time.monotonic() + (seconds or 0)
        for _, inputs in self.groups():
            outcomes.append(self._call(answer, inputs, seconds and end - time.monotonic()))
            if isinstance(outcomes[-1].error, TooSlow) or _is_stub(outcomes[-1]):
                break
        return outcomes, seconds

    def known(self, answer):
        """The outcomes of a right or a named wrong answer, computed once."""
        if answer not in self._known:
            self._known[answer] = self._outcomes(answer)[0]
        return self._known[answer]

    def _judge(self, answer, outcomes, seconds):
        right = self.known(self.right)
        if any(_is_stub(outcome) for outcome in outcomes):
            return Verdict(self.name, False, "not-attempted", words.STUB.format(name=self.name))
        picture = None if isinstance(outcomes[-1].error, TooSlow) else self._picture(answer)
        pairs = list(zip(outcomes, right, strict=False))
        first = next((n for n, (outcome, expected) in enumerate(pairs) if not self._same(outcome, expected)), None)
        if first is None:
            return self._nothing_wrong(outcomes, right, picture)
        found = self.recognise(outcomes, first)
        if found:
            name, message = found.name, found.told
            if outcomes[first].error:
                message += f"\n{self._error(outcomes[first], seconds)[1]}"
        else:
            name, message = self._unnamed(outcomes[first], right[first], pairs[first:], seconds)
        message = f"{message}\n{self._case(first, outcomes[first], right[first])}"
        return Verdict(self.name, False, name, message, picture)

    def _nothing_wrong(self, outcomes, right, picture):
        expected, came = right[0].value, outcomes[0].value
        dtypes = self.dtype if isinstance(self.dtype, tuple) else (self.dtype,)
        if self.dtype and hasattr(came, "dtype") and _plain(came.dtype) not in map(_plain, dtypes):
            message = words.WRONG_DTYPE.format(expected=dtypes[0], got=came.dtype)
            return Verdict(self.name, False, "wrong-dtype", message, picture)
        changed = next((outcome.changed for outcome in outcomes if outcome.changed is not None), None)
        if changed is not None and not self.module:
            message = words.INPUT_CHANGED.format(parameter=self.parameters[changed])
            return Verdict(self.name, False, "input-changed", message, picture)
        groups = "; ".join(dict(self.groups()))
        message = f"{words.PASSED.format(count=len(outcomes), groups=groups)}\n{self.praise}"
        if isinstance(expected, torch.Tensor) and not isinstance(came, torch.Tensor):
            message += f"\n{words.NOT_A_TENSOR.format(got=_kind(came))}"
        return Verdict(self.name, True, None, message, picture)

    def recognise(self, outcomes, first):
        """The ``Mistake`` that explains ``outcomes``, of which number ``first`` is the first wrong one, or None."""
        names = [group for group, _ in self.groups()]
        end = len(names) - names[::-1].index(names[first])  # of the group in which it goes wrong
        right, best = self.known(self.right), (0, None)
        for wrong in self.mistakes:
            for answer in wrong.answers:
                known = self.known(answer)
                if len(outcomes) >= end and self._explains(known[:end], outcomes[:end], right[:end]):
                    # Where several fit so far, the one that fits furthest.
                    fits = 1 + sum(map(self._same, known[end:], outcomes[end:]))
                    best = max(best, (fits, wrong), key=lambda pair: pair[0])
        if best[1] is None and not isinstance(outcomes[first].error, TooSlow):
            return next((wrong for wrong in self.mistakes if wrong.group == names[first]), None)
        return best[1]

    def _same(self, one, other, tolerance=0):
        """Whether two outcomes are alike; a number may come as a tensor with one entry."""
        tolerance = max(tolerance, self.tolerance)
        if one.error or other.error:
            return type(one.error) is type(other.error) and str(one.error) == str(other.error)
        if one.tensor is None or other.tensor is None:
            return one.tensor is other.tensor and type(one.value) is type(other.value) and one.value == other.value
        if one.tensor.numel() == other.tensor.numel() == 1 and 0 in (one.tensor.dim(), other.tensor.dim()):
            return _close(one.tensor.flatten(), other.tensor.flatten(), tolerance)
        return _close(one.tensor, other.tensor, tolerance)

    def _explains(self, known, outcomes, right):
        """Whether the outcomes are those of a known wrong answer.

        In one case at least, both have to be wrong in the same way; then elsewhere two errors of the same type count
        as alike, whatever they say.
        """
        exactly = False
        for wrong, outcome, expected in zip(known, outcomes, right, strict=True):
            if self._same(wrong, outcome, RECOGNISED):
                exactly = exactly or not (self._same(outcome, expected) or self._same(wrong, expected, RECOGNISED))
            elif not wrong.error or type(wrong.error) is not type(outcome.error):
                return False
        return exactly

    def _unnamed(self, outcome, expected, pairs, seconds):
        """The name, if there is one, and the message where no named mistake fits."""
        if outcome.error:
            return self._error(outcome, seconds)
        if outcome.value is None:
            return "returned-nothing", words.RETURNED_NOTHING.format(name=self.name)
        if outcome.tensor is None:
            message = words.WRONG_TYPE.format(name=self.name, got=_kind(outcome.value), expected=_kind(expected.value))
            return "wrong-type", message
        came, wanted = outcome.tensor, expected.tensor
        if came.shape != wanted.shape:
            if came.dim() > 1 and _close(came.mT, wanted):
                return "wrong-shape", words.TRANSPOSED
            if came.dim() != wanted.dim() and _close(came.squeeze(), wanted.squeeze()):
                return "wrong-shape", words.EXTRA_DIMENSION
            return "wrong-shape", words.WRONG_SHAPE.format(expected=_shape(wanted), got=_shape(came))
        if came.isnan().any():
            return "nan", words.NAN
        if came.isinf().any():
            return "infinite", words.INFINITE
        dtype = getattr(outcome.value, "dtype", None)
        if dtype in (torch.float16, torch.bfloat16) and _close(came, wanted, 0.02):
            return "low-precision", words.LOW_PRECISION.format(got=dtype)
        clue = self.clue and self.clue(came, wanted)
        clues = [clue] if clue else [clue for clue in [self._strikes(pairs)] if clue]
        return None, " ".join([words.WRONG_VALUES if wanted.dim() else words.WRONG_VALUE, *clues])

    def _strikes(self, pairs):
        """What is simple about wrong values, the same in all cases that fail; None if nothing is."""
        pairs = [(o.tensor, e.tensor) for o, e in pairs if not self._same(o, e)]
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
            and _close(factors, factors[:1].expand_as(factors), 0.01)
            and _close(came, wanted * factors[0], 0.01)
        ):
            return words.FACTOR.format(factor=_number(factors[0]))
        if len(shifts) > 1 and _close(shifts, shifts[:1].expand_as(shifts), 0.001):
            return words.SHIFTED.format(shift=_number(shifts[0]))
        if all(w.dim() > 1 and w.shape[-1] == w.shape[-2] and _close(c.transpose(-1, -2), w) for c, w in pairs):
            return words.TRANSPOSED
        for dimension in range(max(w.dim() for _, w in pairs)):
            if all(w.dim() > dimension and _close(c.flip(dimension), w) for c, w in pairs):
                return words.REVERSED.format(dimension=dimension)
        return None

    def _error(self, outcome, seconds):
        if isinstance(outcome.error, TooSlow):
            message = words.TOO_SLOW_AT if outcome.line else words.TOO_SLOW
            message = message.format(seconds=f"{seconds:g}", number=outcome.line_number)
            return "too-slow", f"{message}\n  {outcome.line}" if outcome.line else message
        text = _cut(f"{type(outcome.error).__name__}: {outcome.error}".split("\n")[0])
        if not outcome.line:
            message = words.RAISED.format(error=text)
        else:
            message = words.RAISED_AT.format(number=outcome.line_number, error=text) + f"\n  {outcome.line}"
        if "ellipsis" in text:
            message += f"\n{words.STUB_WITHIN}"
        return "error", message

    def _case(self, number, outcome, expected):
        """The case line by line: what goes in, what came and what was expected."""
        group, inputs = self.groups()[number]
        given = getattr(inputs[0], "given", {}) if self.module else dict(zip(self.parameters, inputs, strict=True))
        rows = [(name, _show(value)) for name, value in given.items()]
        alike = outcome.tensor is not None and outcome.tensor.shape == expected.tensor.shape
        if given and not outcome.error:
            rows.append((words.CAME, _show(outcome.value, outcome.tensor, alike and expected.tensor)))
        if given:
            rows.append((words.EXPECTED, _show(expected.value, expected.tensor, alike and outcome.tensor)))
        if outcome.printed:
            rows.append((words.PRINTED, _cut(outcome.printed.strip().replace("\n", "\n    "))))
        width = max((len(name) for name, _ in rows), default=0)
        return "\n".join([words.CASE.format(label=group), *(f"  {name:{width}}  {text}" for name, text in rows)])

    def _picture(self, answer):
        if self.drawn is None:
            return None
        inputs, look = self.drawn
        came, right = (self._call(function, inputs, TIME_LIMIT).tensor for function in (answer, self.right))
        came = None if came is None else came.squeeze()
        if came is None or came.dim() != 2 or came.numel() == 0 or not came.isfinite().all():
            return None

        @functools.cache
        def draw():
            from helpers import plots  # Matplotlib is imported, and time spent, only when somebody looks

            return plots.heatmaps([came, right.squeeze()], titles=[words.YOURS, words.EXPECTED], **look)

        return draw


class Question:
    """A question that needs no code: a number, several numbers, or one of the letters of a choice.

    Args:
        name: of the check.
        right: a number, a tuple of numbers, or a letter.
        mistakes: the named wrong answers, whose ``answers`` are values.
        praise: why it is right.
        otherwise: what to say about an answer that is neither right nor named.
        letters: the letters of a choice.
    """

    def __init__(self, name, right, mistakes, praise, otherwise, letters=""):
        self.name, self.right, self.mistakes = name, right, mistakes
        self.praise, self.otherwise, self.letters = praise, otherwise, letters

    def __repr__(self):
        return f"check.{self.name}(answer)"

    def __call__(self, answer):
        """Judge ``answer`` and return a ``Verdict``."""
        if answer is ... or answer is None:
            return Verdict(self.name, False, "not-attempted", words.STUB_VALUE)
        if self.letters:
            answer = answer.strip(" .()").lower() if isinstance(answer, str) else None
            if answer not in set(self.letters):
                letters = ", ".join(f'"{letter}"' for letter in self.letters)
                message = words.A_LETTER.format(letters=letters, first=self.letters[0])
                return Verdict(self.name, False, "wrong-type", message)
        else:
            answer = Outcome(answer, as_tensor(answer))
            size = len(self.right) if isinstance(self.right, tuple) else 1
            if answer.tensor is None or answer.tensor.numel() != size:
                example = ", ".join(map(str, range(1, size + 1)))
                message = words.SOME_NUMBERS.format(count=size, example=example) if size > 1 else words.A_NUMBER
                return Verdict(self.name, False, "wrong-type", message)
        if self._is(answer, self.right):
            return Verdict(self.name, True, None, self.praise)
        for wrong in self.mistakes:
            if any(self._is(answer, value) for value in wrong.answers):
                return Verdict(self.name, False, wrong.name, wrong.told)
        return Verdict(self.name, False, None, self.otherwise)

    def _is(self, answer, value):
        if self.letters:
            return answer == value
        # To about three digits: "22.6" is what one gets by hand.
        value = torch.tensor(value, dtype=torch.float64).flatten()
        return _close(answer.tensor.flatten(), value, 0.004)


def _is_stub(outcome):
    return outcome.value is ... or type(outcome.error) is NotImplementedError


def _close(came, expected, tolerance=TOLERANCE):
    return came.shape == expected.shape and torch.allclose(came, expected, tolerance, tolerance, equal_nan=True)


def _show(value, tensor=None, other=None):
    """A value in a few numbers; beside ``other``, a tensor of the same shape, only where they differ if it is large."""
    if callable(value) and not isinstance(value, torch.Tensor):
        return getattr(value, "__name__", type(value).__name__)
    if isinstance(value, bool) or (getattr(value, "dtype", None) == torch.bool and value.dim() == 0):
        return str(bool(value))
    if tensor is None and isinstance(value, torch.Tensor):
        tensor = as_tensor(value)
    if tensor is None:
        return _cut(ADDRESS.sub("", repr(value)))
    if other is None or other is False:
        other = tensor
    if tensor.numel() <= FEW:
        digits = 3 if _rounded(tensor, 3) != _rounded(other, 3) or _close(tensor, other) else 7
        values = _rounded(tensor, digits)
        return words.WITH_SHAPE.format(shape=_shape(tensor), values=values) if tensor.dim() > 1 else values
    apart = ~torch.isclose(tensor.double(), other.double(), TOLERANCE, TOLERANCE, equal_nan=True)
    if not apart.any():
        return words.ONLY_SHAPE.format(shape=_shape(tensor))
    index = tuple(apart.nonzero()[0].tolist())
    return words.FIRST_DIFFERENCE.format(
        index=list(index), value=_number(tensor[index]), count=int(apart.sum()), size=apart.numel()
    )


def _rounded(tensor, digits):
    if tensor.dim() == 0:
        return _number(tensor, digits)
    return f"[{', '.join(_rounded(part, digits) for part in tensor)}]"


def _number(value, digits=3):
    value = float(value)
    if value.is_integer() or abs(value) >= 1000:
        return f"{value + 0.0:.0f}"
    return f"{0.0 if abs(value) < 1e-9 else value:.{digits}g}"


def _plain(dtype):
    """The name of a dtype, the same for PyTorch and NumPy."""
    return str(dtype).removeprefix("torch.")


def _shape(tensor):
    return str(tuple(tensor.shape)) if tensor.dim() else words.SINGLE_NUMBER


def _kind(value):
    """What a value is, in words."""
    if isinstance(value, torch.Tensor):
        return words.TENSOR.format(shape=_shape(value))
    return words.TYPE.format(name=type(value).__name__)


def _cut(text):
    return text if len(text) <= LETTERS_SHOWN else f"{text[:LETTERS_SHOWN]} …"
