"""A real browser for the tests: slides are opened, walked through and measured in it, without the network."""

import os
import shutil
import statistics
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import browser

MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
SIZES = [(1280, 720), (1920, 1080)]
# The deck follows the window a moment later, and the letters in it once more: until nothing has moved for 0.1 s.
LAID_OUT = """([width, height]) => {
    const {width: wide, height: high} = document.querySelector(".reveal").getBoundingClientRect();
    const now = JSON.stringify(document.querySelector(".reveal .slides").getBoundingClientRect());
    window.unmoved = now === window.laidOut ? window.unmoved + 1 : 0;
    window.laidOut = now;
    return Math.abs(wide - width) < 50 && Math.abs(high - height) < 50 && window.unmoved > 6;
}"""
SLIDES = ".reveal .slides > section > section"


# A page that does not answer in time, on a busy machine, is asked once more; what it answers is never asked twice.
patient = pytest.mark.flaky(reruns=2, only_rerun=["TimeoutError", "does not come to rest"])


def has_letters(language):
    """Whether this machine has a font for the language; slides and pages take the reader's own."""
    if not shutil.which("fc-list"):
        return not sys.platform.startswith("linux")
    return bool(subprocess.run(["fc-list", f":lang={language}"], capture_output=True).stdout)


@contextmanager
def browsing():
    """A browser; where there is none, the tests that need it fail in CI and are skipped elsewhere."""
    with browser.opened() as found:
        if found is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"There is no browser. {browser.HOW_TO_INSTALL}")
        yield found


class Watch:
    """What a page has asked for, and what it has complained about."""

    def __init__(self, context, allowed):
        self.allowed, self.requests, self.outside, self.errors = allowed, [], [], []
        context.route("**/*", self._route)
        context.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _route(self, route):
        address = route.request.url
        self.requests.append(address)
        if address.startswith(self.allowed):
            route.continue_()
        else:
            self.outside.append(address)
            route.abort()


@dataclass
class Measured:
    """What a walk through a deck has found: sentences, and, at 1280 by 720, the smallest letters in px and of each
    figure its share of the slide's height and of its area."""

    slides: int
    figures: list
    problems: list
    letters: dict
    contrast: float

    def of(self, kind):
        """The problems of one kind."""
        return [problem for problem in self.problems if f" {kind}: " in problem]


def walk(page, sizes=SIZES):
    """Go through all slides of the deck that ``page`` shows, once for each size, and measure."""
    names = page.eval_on_selector_all(SLIDES, "slides => slides.map(slide => slide.id)")
    found = Measured(len(names), [], [], {}, float("inf"))
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(LAID_OUT, arg=[width, height])
        for name in names:
            show(page, name)
            told = page.evaluate(MEASURE)
            found.problems += [f"{width} by {height}, {name}, {problem}" for problem in told["problems"]]
            found.contrast = min(found.contrast, told["contrast"] or 21)
            if (width, height) == sizes[0]:
                found.figures += told["sizes"]
                for kind, size in told["letters"].items():
                    found.letters[kind] = min(size or 1e9, found.letters.get(kind, 1e9))
    return found


def show(page, name):
    """Go to the slide ``name``, show all its fragments in full, and wait until it keeps its shape."""
    page.evaluate(
        """async (name) => {
            const present = () => document.querySelector("section.present > section.present");
            const shape = () => [...present().querySelectorAll(".jp-Cell *")]
                .reduce((sum, element) => sum + element.getBoundingClientRect().bottom, 0);
            let still = 0, last = -1;
            for (let tries = 0; still < 3; tries++) {
                if (tries > 500) throw new Error("the slide " + name + " does not come to rest");
                if (present()?.id !== name) {  // RISE may have gone back to the cell that it had selected
                    if (tries % 25 === 0) { location.hash = "#/"; location.hash = "#/" + name; }
                    still = 0;
                } else {
                    present().querySelectorAll(".fragment").forEach((part) => part.classList.add("visible"));
                    const moving = present().getAnimations({subtree: true});
                    const fading = moving.filter((one) => one instanceof CSSTransition);
                    fading.forEach((one) => one.finish());  // a fragment comes in slowly, and what is in it more slowly
                    const now = shape();  // maths and code editors arrive a little later
                    still = now === last && !fading.length ? still + 1 : 0;
                    last = now;
                }
                await new Promise((on) => setTimeout(on, 10));
            }
        }""",
        name,
    )


def report(name, found):
    """A line for people who run the tests with -s."""
    letters = ", ".join(f"{kind} {size:.1f} px" for kind, size in found.letters.items() if size < 1e9)
    areas = f", median {100 * statistics.median(area for _, area in found.figures):.0f} %" if found.figures else ""
    print(
        f"{name}: {found.slides} slides, {len(found.figures)} figures{areas}, smallest {letters},"
        f" contrast {found.contrast:.1f}, {len(found.of('overflow'))} overflows",
        file=sys.stderr,
    )
