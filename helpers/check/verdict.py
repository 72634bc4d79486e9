"""What a learner sees after a check."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from . import words

# The colours decorate: the words say the same.
COLOURS = {words.RIGHT: "#007A5A", words.NOT_YET: "#C24A00", words.NOT_ATTEMPTED: "#6B6B6B"}
CODE = re.compile(r"`([^`]+)`")
MARKS = {words.RIGHT: "✔", words.NOT_YET: "✘", words.NOT_ATTEMPTED: "…"}


@dataclass(frozen=True)
class Verdict:
    """The result of a check.

    ``passed`` says whether the answer is right. ``mistake`` is the short, stable name of the recognised mistake,
    or None. ``message`` is what there is to say about it. ``picture`` shows the learner's result beside the
    right one, or is None; it is drawn by ``draw`` when it is first looked at.
    """

    exercise: str
    passed: bool
    mistake: str | None
    message: str
    draw: Callable | None = None

    @property
    def picture(self):
        """The learner's result beside the right one, or None."""
        return self.draw() if self.draw else None

    @property
    def heading(self):
        """The verdict in two words."""
        if self.passed:
            return words.RIGHT
        return words.NOT_ATTEMPTED if self.mistake == "not-attempted" else words.NOT_YET

    def __repr__(self):
        name = f" ({self.mistake})" if self.heading == words.NOT_YET and self.mistake else ""
        text = f"{self.heading}{name}. {self.message}"
        return text if self.picture is None else f"{text}\n{self.picture!r}"

    def _repr_html_(self):
        colour, mark = COLOURS[self.heading], MARKS[self.heading]
        name = ""
        if self.heading == words.NOT_YET and self.mistake:
            name = f' <span style="opacity:.8">({html.escape(self.mistake)})</span>'
        picture = "" if self.picture is None else self.picture._repr_html_()
        return (
            f'<div style="border-left:.4em solid {colour}; padding:.2em 0 .2em 1em">'
            f'<strong><span aria-hidden="true">{mark} </span>{self.heading}.</strong>{name}'
            f"{_as_html(self.message)}{picture}</div>"
        )


def _as_html(message):
    """Paragraphs, `code` in backticks, and lines that begin with two spaces as they stand."""
    parts = []
    for indented, lines in _runs(message.split("\n")):
        lines = [html.escape(line, quote=False) for line in lines if line.strip()]
        if indented:
            parts.append('<pre style="white-space:pre-wrap">' + "\n".join(lines) + "</pre>")
        else:
            parts += ["<p>" + CODE.sub(r"<code>\1</code>", line) + "</p>" for line in lines]
    return "".join(parts)


def _runs(lines):
    runs = []
    for line in lines:
        indented = line.startswith("  ")
        if runs and runs[-1][0] == indented:
            runs[-1][1].append(line)
        else:
            runs.append((indented, [line]))
    return runs
