"""Checks that answer back: ``check.NAME(answer)`` says what is right, or which mistake it is and where to look.

``from helpers import check``. The name of a check is the name of what the learner writes; ``check.NAMES`` lists
them all by lesson. A verdict has ``.passed``, ``.mistake``, ``.message`` and ``.picture``.
"""

from . import lesson1, lesson2, lesson3, lesson4, lesson5, lesson6, lesson7, lesson8
from .exercise import Exercise, Question
from .verdict import Verdict

LESSONS = [lesson1, lesson2, lesson3, lesson4, lesson5, lesson6, lesson7, lesson8]
NAMES = {
    number: [name for name, entry in vars(lesson).items() if isinstance(entry, (Exercise, Question))]
    for number, lesson in enumerate(LESSONS, start=1)
}
for lesson, names in zip(LESSONS, NAMES.values(), strict=True):
    globals().update({name: getattr(lesson, name) for name in names})
__all__ = ["LESSONS", "NAMES", "Exercise", "Question", "Verdict", *(name for names in NAMES.values() for name in names)]
