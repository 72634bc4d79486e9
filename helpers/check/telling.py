"""What a learner is told: a ``Finding`` and the catalogues make a ``Verdict``."""

import functools

import torch

from helpers import texts
from helpers.texts import say, short

from .calls import Value, cut, look
from .judging import TOLERANCE, close
from .verdict import Verdict

FEW = 12  # numbers that are shown one by one


def verdict(exercise, finding):
    """The ``Verdict`` on an answer to ``exercise`` for what was found."""
    entry = texts.of_exercise(exercise.name)
    lines = [texts.together(*texts.of_mistake(exercise.name, finding.mistake))] if finding.known else []
    for key, values in finding.said:
        lines.append(say(f"check.{key}", **{name: _shown(entry, name, value) for name, value in values.items()}))
    if finding.passed:
        lines.append(entry["praise"])
    if finding.case:
        lines.append(_case(entry, finding.case))
    lines = lines or [entry["otherwise"]]  # an answer to a question, neither right nor known
    return Verdict(exercise.name, finding.passed, finding.mistake, "\n".join(lines), _picture(entry, exercise, finding))


def _shown(entry, name, value):
    """What is filled into a sentence, in words."""
    if name == "groups":
        return texts.listed(entry["cases"][group] for group in value)
    if isinstance(value, tuple):
        return _shape(value)
    if isinstance(value, Value):
        return _kind(value)
    return short(value) if isinstance(value, float) else value


def _shape(shape):
    return str(shape) if shape else say("check.single-number")


def _kind(value):
    """What a value is, in words."""
    if value.kind != "tensor":
        return say("check.type", name="NoneType" if value.kind == "nothing" else value.kind)
    if value.numbers is not None:
        return say("check.tensor", shape=_shape(value.shape))
    return say("check.complex" if value.dtype.startswith("complex") else "check.unread", shape=_shape(value.shape))


def _case(entry, case):
    """The case line by line: what goes in, what came and what was expected."""
    rows = [(name, _value(look(value))) for name, value in case.given.items()]
    came, expected = case.came.value, case.expected.value
    alike = came and came.numbers is not None and came.shape == expected.shape
    if case.given and came:
        rows.append((say("check.came"), _value(came, expected.numbers if alike else None)))
    if case.given:
        rows.append((say("check.expected"), _value(expected, came.numbers if alike else None)))
    if case.came.printed:
        rows.append((say("check.printed"), cut(case.came.printed.strip().replace("\n", "\n    "))))
    width = max((len(name) for name, _ in rows), default=0)
    label = say("check.case", label=entry["cases"][case.group])
    return "\n".join([label, *(f"  {name:{width}}  {text}" for name, text in rows)])


def _value(value, other=None):
    """A value in a few numbers; beside ``other``, numbers of the same shape, only where they differ if it is large."""
    tensor = value.numbers
    if value.kind == "nothing":
        return "None"
    if value.text or tensor is None:
        return value.text or say("check.only-shape", shape=_shape(value.shape))
    other = tensor if other is None else other
    if 0 < tensor.numel() <= FEW:
        digits = 3 if _rounded(tensor, 3) != _rounded(other, 3) or close(tensor, other) else 7
        values = _rounded(tensor, digits)
        return say("check.with-shape", shape=_shape(value.shape), values=values) if tensor.dim() > 1 else values
    apart = ~torch.isclose(tensor, other, TOLERANCE, TOLERANCE, equal_nan=True)
    if not apart.any():
        return say("check.only-shape", shape=_shape(value.shape))
    index = apart.nonzero()[0].tolist()
    shown = short(tensor[tuple(index)])
    return say("check.first-difference", index=index, value=shown, count=int(apart.sum()), size=apart.numel())


def _rounded(tensor, digits):
    if tensor.dim() == 0:
        return short(tensor, digits)
    return f"[{', '.join(_rounded(part, digits) for part in tensor)}]"


def _picture(entry, exercise, finding):
    if finding.drawn is None:
        return None

    @functools.cache
    def draw():
        from helpers import plots  # Matplotlib is imported, and time spent, only when somebody looks

        titles = [say("check.yours"), say("check.expected")]
        return plots.heatmaps(list(finding.drawn), titles=titles, **entry["picture"], **exercise.drawn[1])

    return draw
