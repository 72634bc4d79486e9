"""Checks that answer back: ``check.NAME(answer)`` says what is right, or which mistake it is and where to look.

``from helpers import check``. The name of a check is the name of what the learner writes; ``check.NAMES`` lists
them all by lesson: a file ``lesson9.py`` beside this one is the checks of lesson 9. A verdict has ``.passed``,
``.mistake``, ``.message`` and ``.picture``.
"""

import importlib
from pathlib import Path

from .exercise import Exercise, Question
from .verdict import Verdict

_numbers = sorted(int(path.stem.removeprefix("lesson")) for path in Path(__file__).parent.glob("lesson*.py"))
_lessons = {number: vars(importlib.import_module(f".lesson{number}", __name__)) for number in _numbers}
NAMES = {
    number: [name for name, entry in lesson.items() if isinstance(entry, (Exercise, Question))]
    for number, lesson in _lessons.items()
}
globals().update({name: _lessons[number][name] for number, names in NAMES.items() for name in names})
__all__ = ["NAMES", "Exercise", "Question", "Verdict", *(name for names in NAMES.values() for name in names)]
