"""What a learner sees after a check."""

import html
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from helpers.texts import say

# The colours decorate: the words say the same.
COLOURS = {"right": "#007A5A", "not-yet": "#C24A00", "not-attempted": "#6B6B6B"}
MARKS = {"right": "✔", "not-yet": "✘", "not-attempted": "…"}
# Few properties: what an untrusted notebook shows goes through JupyterLab's sanitizer, which drops the others.
BOX = "padding:.1em 0 .1em 1em"
CODE = re.compile(r"`([^`]+)`")
# Between letters of other alphabets than ours, too: Chinese has no spaces. Not in x*y*z, which is a product.
STRESS = re.compile(r"(?<![A-Za-z0-9_*])\*(?![ *])([^*`\n]*[^*`\n ])\*(?![A-Za-z0-9_*])")


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
    def kind(self):
        """ "right", "not-yet" or "not-attempted"."""
        if self.passed:
            return "right"
        return "not-attempted" if self.mistake == "not-attempted" else "not-yet"

    def __repr__(self):
        key = "check.verdict-named" if self.kind == "not-yet" and self.mistake else "check.verdict"
        text = say(key, heading=say(f"check.{self.kind}"), mistake=self.mistake, message=self.message)
        return text if self.picture is None else f"{text}\n{self.picture!r}"

    def _repr_html_(self):
        heading = say("check.heading", heading=say(f"check.{self.kind}"))
        opening = f'<strong><span aria-hidden="true">{MARKS[self.kind]} </span>{heading}</strong> '
        if self.kind == "not-yet" and self.mistake:
            opening += f'<span style="opacity:.8">({html.escape(self.mistake)})</span> '
        picture = "" if self.picture is None else self.picture._repr_html_()
        style = f"{BOX}; border-left:.4em solid {COLOURS[self.kind]}"
        return f'<div class="verdict" style="{style}">{_as_html(self.message, opening)}{picture}</div>'


def _as_html(message, heading):
    """The heading and paragraphs; lines that begin with two spaces stay as they are."""
    parts = []
    for indented, lines in itertools.groupby(message.split("\n"), lambda line: line.startswith("  ")):
        lines = [html.escape(line, quote=False) for line in lines]
        if indented:
            parts.append('<pre style="white-space:pre-wrap; margin:.2em 0">' + "\n".join(lines) + "</pre>")
            continue
        for line in lines:
            parts.append(f'<p style="margin:.2em 0">{heading}{marked(line)}</p>')
            heading = ""
    return "".join(parts)


def marked(line):
    """A line with `code` and *stress*; what is code stays as it is."""
    parts = CODE.split(line)  # every second one is code
    parts[::2] = [STRESS.sub(r"<em>\1</em>", part) for part in parts[::2]]
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
