"""What a learner sees after a check."""

import html
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from . import words

# The colours decorate: the words say the same.
COLOURS = {words.RIGHT: "#007A5A", words.NOT_YET: "#C24A00", words.NOT_ATTEMPTED: "#6B6B6B"}
# Few properties: what an untrusted notebook shows goes through JupyterLab's sanitizer, which drops the others.
BOX = "padding:.1em 0 .1em 1em"
CODE = re.compile(r"`([^`]+)`")
STRESS = re.compile(r"(?<![\w*])\*(\w+(?: \w+)*)\*(?![\w*])")
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
        heading = f'<strong><span aria-hidden="true">{mark} </span>{self.heading}.</strong> '
        if self.heading == words.NOT_YET and self.mistake:
            heading += f'<span style="opacity:.8">({html.escape(self.mistake)})</span> '
        picture = "" if self.picture is None else self.picture._repr_html_()
        style = f"{BOX}; border-left:.4em solid {colour}"
        return f'<div class="verdict" style="{style}">{_as_html(self.message, heading)}{picture}</div>'


def _as_html(message, heading):
    """The heading and paragraphs; lines that begin with two spaces stay as they are."""
    parts = []
    for indented, lines in itertools.groupby(message.split("\n"), lambda line: line.startswith("  ")):
        lines = [html.escape(line, quote=False) for line in lines]
        if indented:
            parts.append('<pre style="white-space:pre-wrap; margin:.2em 0">' + "\n".join(lines) + "</pre>")
            continue
        for line in lines:
            parts.append(f'<p style="margin:.2em 0">{heading}{_marked(line)}</p>')
            heading = ""
    return "".join(parts)


def _marked(line):
    return CODE.sub(r"<code>\1</code>", STRESS.sub(r"<em>\1</em>", line))
