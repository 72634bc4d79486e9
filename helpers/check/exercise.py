"""An exercise as data; what its answers are told stands in the catalogue of its lesson (``helpers/texts``).

Calling an exercise judges an answer (``judging``) and tells the learner (``telling``).
"""

from collections.abc import Callable
from dataclasses import dataclass

from . import judging, telling


@dataclass(frozen=True)
class Mistake:
    """A named wrong answer.

    ``name`` is short and stable, such as "no-scaling". ``answers`` are one or several ways to make it: functions (or
    classes) for an exercise, values for a question. With ``group``, whatever goes wrong first in this group of cases
    is this mistake.
    """

    name: str
    answers: tuple
    group: str | None = None


def mistake(name, *answers, group=None):
    """A ``Mistake``, written on one line."""
    return Mistake(name, answers, group)


@dataclass(frozen=True, eq=False)
class Exercise:
    """A function, or a class, that a learner writes; calling the exercise checks an answer.

    Args:
        name: of the check and of what the learner writes.
        parameters: names of its parameters, as one string.
        right: a right answer.
        cases: a function that returns {group: [inputs, ...]}, the smallest first.
        mistakes: the named wrong answers.
        dtype: the dtype that the result must have, where it matters, or a tuple of those that will do.
        module: whether the answer is a subclass of nn.Module; then each input is a probe, called with the class.
        clue: a function of (came, expected) that returns the key of a sentence and its values, or None.
        drawn: (inputs, options): the matrix that comes for these inputs is drawn beside the right one, with these
            options of plots.heatmaps.
        tolerance: how far from the right answer, relative and absolute, is still right.
    """

    name: str
    parameters: str
    right: Callable
    cases: Callable
    mistakes: list
    dtype: object = None
    module: bool = False
    clue: Callable | None = None
    drawn: tuple | None = None
    tolerance: float = judging.TOLERANCE

    def __call__(self, answer):
        """Judge ``answer`` and return a ``Verdict``."""
        return telling.verdict(self, judging.judge(self, answer))

    def __repr__(self):
        return f"check.{self.name}({self.name})"


@dataclass(frozen=True, eq=False)
class Question:
    """A question that needs no code: a number, several numbers, or one of the letters of a choice.

    Args:
        name: of the check.
        right: a number, a tuple of numbers, or a letter.
        mistakes: the named wrong answers, whose ``answers`` are values.
        letters: the letters of a choice.
    """

    name: str
    right: object
    mistakes: list
    letters: str = ""

    def __call__(self, answer):
        """Judge ``answer`` and return a ``Verdict``."""
        return telling.verdict(self, judging.judge_question(self, answer))

    def __repr__(self):
        return f"check.{self.name}(answer)"
