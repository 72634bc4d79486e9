"""Build the site, which needs no Jupyter: ``python -m tools.site [NOTEBOOK ...]`` writes into ``build/site/``.

For each lesson a page to read, a page of its exercises, a deck (reveal.js) and the deck as PDF; a start page, an index
of terms, and a page that searches; each in every language. It works from a folder on disk as from a web server. Each
file is complete in itself and asks nothing of the network; only the pictures of a control that is moved (see
``tools/moving.py``) lie beside it, in ``controls/``.

On a page to read, the answer to a prediction is covered until the reader asks, and so are the solutions of the
exercises; what is meant for the lecturer is folded away.

A browser prints the PDFs and makes MathML of the formulas. Where GitHub builds the site, GITHUB_REPOSITORY says whose
it is, and each lesson also leads to Binder and to Colab.
"""

import argparse
import base64
import functools
import html
import io
import json
import os
import re
import shutil
import string
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jinja2
from PIL import Image
from playwright.sync_api import Error as BrowserError
from tqdm import tqdm

from helpers import texts
from helpers.check.verdict import marked
from helpers.texts import say
from tools import browser, font, links, moving, notebooks
from tools.lesson import Reader
from tools.moving import webp

PAGES = Path(__file__).parent / "pages"
SITE = notebooks.ROOT / "build" / "site"
STORE = notebooks.ROOT / "build" / "moving"
THEME = notebooks.NOTEBOOKS / "rise.css"
MATHS_FONT = PAGES / "vendor" / "IBMPlexMath-Regular.woff2"
READY = "document.documentElement.dataset.ready === 'true'"  # the script of each page says so
NOTEBOOK_LINK = re.compile(r'href="(?:\.\./)?((?:exercises/|solutions/)?)([^":#/]+)\.ipynb"')
FOLDERS = ["exercises", "solutions"]  # on one page, where the solutions are covered
FONT = re.compile(r'url\("(fonts/[^"]+)"\)')
# A letter that stands alone in a formula is shown as the slanted one of mathematics, which is a letter of its own.
ITALIC = {
    unicodedata.normalize("NFKC", chr(code)): chr(code) for code in [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]
}
ITALIC["h"] = "\N{PLANCK CONSTANT}"
PICTURE = re.compile(r'src="data:image/\w+;base64,([^"]*)"')

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PAGES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
TEMPLATES.globals["say"] = lambda key, **values: say(f"pages.{key}", **values)
TEMPLATES.filters["plain"] = lambda title: re.sub("[`*]", "", title)


@dataclass(frozen=True)
class Repository:
    """Where the notebooks are on the web: ``owner/name`` on GitHub, and the branch that the site is built from."""

    name: str
    branch: str = "main"

    @classmethod
    def of_the_workflow(cls):
        """The repository that GitHub builds the site of, or None anywhere else.

        Raises:
            ValueError: what the environment says is no name of a repository.
        """
        name, branch = os.environ.get("GITHUB_REPOSITORY"), os.environ.get("GITHUB_REF_NAME") or "main"
        if not name:
            return None
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or not re.fullmatch(r"[\w./-]+", branch):
            raise ValueError(
                f"GITHUB_REPOSITORY must be OWNER/NAME and GITHUB_REF_NAME a branch: {name!r}, {branch!r}."
            )
        return cls(name, branch)

    @property
    def address(self):
        """Its page."""
        return f"https://github.com/{self.name}"

    def ways(self, path):
        """Where the notebook ``path`` can be run: {what it is called: its address}."""
        inside = path.relative_to(notebooks.ROOT).as_posix()
        return {
            say("pages.binder"): f"https://mybinder.org/v2/gh/{self.name}/{self.branch}?urlpath=lab/tree/{inside}",
            say("pages.colab"): f"https://colab.research.google.com/github/{self.name}/blob/{COLAB}/{inside}",
        }


COLAB = "colab"  # the branch with the copies for Colab: see tools/colab.py


class Site:
    """Writes the files of one language into one folder."""

    def __init__(self, language, target, chromium, repository=None, pdf=True):
        self.language, self.chromium, self.repository, self.pdf = language, chromium, repository, pdf
        self.target = target if language == texts.ENGLISH else target / language

    def build(self, paths, pictures):
        """Write everything for the lessons ``paths``.

        Args:
            pictures: for each lesson the folder with the pictures of its controls (``tools.moving.of``).
        """
        texts.speak(self.language)
        self.target.mkdir(parents=True, exist_ok=True)
        formulas = Formulas(self.chromium)
        lessons = [Reader(formulas).read(path) for path in paths]
        self.theme = theme() + maths_font(formulas)
        with_exercises = [lesson.name for lesson in lessons if lesson.exercises]
        own = {f"{folder}/{name}": f"{name}.exercises" for name in with_exercises for folder in FOLDERS}
        own |= {"00-start-here": "index"}
        to_pages, to_slides = (
            {name: f'href="{file}.html"' for name, file in own.items()}
            | {lesson.name: f'href="{lesson.name}{ending}"' for lesson in lessons}
            for ending in (".html", ".slides.html")
        )
        with_links = linked_verdicts(lessons)
        for k, (lesson, path) in enumerate(zip(lessons, paths, strict=True)):
            values = {
                "lesson": lesson,
                "before": lessons[k - 1] if k else None,
                "after": lessons[k + 1] if k + 1 < len(lessons) else None,
                "controls": self._controls(lesson, pictures.get(path)),
                "ways": self._ways(lesson, path),
                "with_links": with_links,
            }
            deck = f"{lesson.name}.slides.html"
            self.write("slides.html", deck, to_slides, **values)
            self.write("page.html", f"{lesson.name}.html", to_pages, **values)
            if lesson.exercises:
                self.write("exercises.html", f"{lesson.name}.exercises.html", to_pages, **values)
            if self.pdf:
                pdf = print_pdf(self.chromium, self.target / deck)
                notebooks.replace(self.target / f"{lesson.name}.pdf", pdf)
        entries = [(lesson, self._ways(lesson, path)) for lesson, path in zip(lessons, paths, strict=True)]
        self.write(
            "index.html", "index.html", to_pages, entries=entries, thumbnail=thumbnail, repository=self.repository
        )
        self.write("terms.html", "terms.html", to_pages, terms=terms(lessons))
        self.write("search.html", "search.html", to_pages, places=places(lessons))

    def write(self, template, file, to, **values):
        """Fill a template into a file, and let its links to notebooks lead to the other files."""
        told = {"file": file, "languages": self._others(), "part": part, "theme": self.theme, "css_string": css_string}
        text = TEMPLATES.get_template(template).render(**told, **values)
        text = NOTEBOOK_LINK.sub(lambda found: to.get(found[1] + found[2], ""), text)
        notebooks.replace(self.target / file, text.encode())

    def _others(self):
        """The other languages: what they call themselves, their code, and the way to their folder."""
        up, others = "" if self.language == texts.ENGLISH else "../", []
        for language, name in texts.everywhere("pages.language-name").items():
            if language != self.language:
                code = texts.everywhere("pages.language")[language]
                folder = up if language == texts.ENGLISH else f"{up}{language}/"
                others.append({"name": name, "code": code, "folder": folder})
        return others

    def _ways(self, lesson, path):
        """The ways into a lesson: {what it is called: its address}."""
        ways = {say("pages.read"): f"{lesson.name}.html", say("pages.slides"): f"{lesson.name}.slides.html"}
        if self.pdf:
            ways[say("pages.pdf")] = f"{lesson.name}.pdf"
        if lesson.exercises:
            ways[say("pages.exercises")] = f"{lesson.name}.exercises.html"
        return ways | (self.repository.ways(path) if self.repository else {})

    def _controls(self, lesson, folder):
        """The controls of a lesson, {cell: what the page shows of it}, their pictures put beside the pages."""
        if folder is None:
            return {}
        (self.target / "controls").mkdir(exist_ok=True)
        controls = json.loads((folder / moving.CONTROLS).read_text(encoding="utf-8"))
        for cell, control in controls.items():
            name = moving.script(lesson.name, cell)
            shutil.copyfile(folder / name, self.target / "controls" / name)
            control["script"] = f"controls/{name}"
        return controls


class Formulas:
    """Makes MathML of formulas, in a page of the browser ``chromium``, and knows the letters that they need."""

    def __init__(self, chromium):
        self._page = chromium.new_page()
        self._page.add_script_tag(path=PAGES / "vendor" / "temml.js")
        self.letters = set()

    @functools.cache  # noqa: B019
    def __call__(self, tex, block):
        """A formula in TeX as MathML; ``block`` if it stands in a line of its own."""
        asked = {"displayMode": block, "throwOnError": True}
        said = self._page.evaluate("([tex, asked]) => temml.renderToString(tex, asked)", [html.unescape(tex), asked])
        text = html.unescape(re.sub("<[^>]*>", "", said))
        self.letters |= {letter for shown in text for letter in (shown, *ITALIC.get(shown, ""))}
        return said


@functools.cache
def theme():
    """The theme of the slides, with its fonts inside, cut down to the letters that the series uses."""
    used = set(map(chr, range(0x20, 0x7F)))
    for path in [*notebooks.find(), *texts.FOLDER.glob("*.toml")]:
        used |= set(path.read_text(encoding="utf-8"))
    text = THEME.read_text(encoding="utf-8")
    return FONT.sub(lambda found: _inside(THEME.parent / found[1], used, "Lesson Sans"), text)


def maths_font(formulas):
    """The font of the formulas as a style sheet, cut down to their letters and the digits."""
    font_inside = _inside(MATHS_FONT, formulas.letters | set(string.digits), "Lesson Math")
    return f'@font-face {{ font-family: "Lesson Math"; src: {font_inside} format("woff2"); }}\n'


def _inside(path, letters, name):
    cut = font.for_the_web(path, letters, name)
    return f"url(data:font/woff2;base64,{base64.b64encode(cut).decode('ascii')})"


def css_string(text):
    """The text as a string of CSS, every letter of which but the plainest is escaped."""
    return '"{}"'.format(re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found[0]):x} ", text))


def part(name):
    """A style sheet or a script of ``tools/pages``, to stand inside a page."""
    text = (PAGES / name).read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=\S+", "", text)
    return text.replace("</script", r"<\/script")


def linked_verdicts(lessons):
    """A function that makes links, in HTML, of the sentences with which verdicts name slides of the lessons."""
    links = {}
    for lesson in lessons:
        for slide in lesson.slides if lesson.exercises else ():
            sentence = say("check.look-slide", lesson=int(lesson.name[:2]), slide=slide.title)
            links[marked(html.escape(sentence, quote=False))] = f"{lesson.name}.html#{slide.id}"
    longest_first = sorted(map(re.escape, links), key=len, reverse=True)
    pattern = re.compile("|".join(longest_first) or "(?!)")
    return lambda text: pattern.sub(lambda found: f'<a href="{links[found[0]]}">{found[0]}</a>', text)


def thumbnail(picture):
    """A picture of a lesson, smaller, for the start page; "" where there is none."""
    found = PICTURE.search(picture)
    if not found:
        return ""
    image = Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGB")
    image = image.resize((480, round(480 * image.height / image.width)), Image.Resampling.LANCZOS)
    small = webp(image.quantize(32).convert("RGB"))
    said = base64.b64encode(small).decode("ascii")
    return f'<img alt="" width="{image.width // 2}" height="{image.height // 2}" src="data:image/webp;base64,{said}">'


def terms(lessons):
    """The index of terms in order, each with the slide that introduces it; in another language, with the English."""
    by_number = {lesson.name[:2]: lesson for lesson in lessons}
    english = texts.catalogue("terms", texts.ENGLISH)
    found = []
    for key, term in texts.catalogue("terms").items():
        number, _, cell = term["look"].partition("/")
        if lesson := by_number.get(f"{int(number):02}"):
            slide = next(slide for slide in lesson.slides if slide.id == cell)
            said = "" if term["term"] == english[key]["term"] else english[key]["term"]
            address = f"{lesson.name}.html#{cell}"
            found.append({"word": term["term"], "english": said, "address": address, "slide": slide.title})
    # The code GB 18030 has the usual Chinese letters in the order of their sounds.
    return sorted(found, key=lambda term: term["word"].strip("`[").casefold().encode("gb18030"))


def places(lessons):
    """Everything that can be found, as JSON: [address, lesson, title, text] of each slide and of each exercise."""
    found = []
    for lesson in lessons:
        for kind, slides in (("", lesson.slides), (".exercises", lesson.exercises)):
            title = say("pages.exercises-of", lesson=lesson.title) if kind else lesson.title
            for slide in slides:
                name = re.sub("[`*]", "", slide.title)
                found.append([f"{lesson.name}{kind}.html#{slide.id}", title, name, slide.words])
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).replace("</", r"<\/")


def print_pdf(chromium, deck):
    """The file ``deck``, printed by the browser ``chromium``: the bytes of a PDF."""
    page = chromium.new_page()
    try:
        page.goto(deck.resolve().as_uri())
        page.wait_for_function(READY, timeout=120_000)
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    finally:
        page.close()


def draw(paths, few=False):
    """The pictures of all controls of the lessons ``paths``: {lesson: their folder}."""
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        folders = workers.map(lambda path: moving.of(path, STORE, few), paths)
        return dict(zip(paths, tqdm(folders, desc="controls", unit="lesson", total=len(paths)), strict=True))


def build(paths, target, chromium, repository=None, pictures=None, pdf=True):
    """Write the site of the lessons ``paths``, in whatever languages they are, into the folder ``target``.

    Args:
        chromium: a browser.
        repository: where the notebooks can be run on the web, if that is known.
        pictures: those of the controls, from ``draw``; without them the controls are left out.
        pdf: whether the decks are printed, too.
    """
    for language in tqdm(texts.languages(), desc="pages", unit="language"):
        if own := [path for path in paths if texts.of_folder(path.parent) == language]:
            Site(language, target, chromium, repository, pdf).build(own, pictures or {})
    texts.speak(texts.ENGLISH)


# Bytes: of a page and of a deck, without the pictures of controls, and of a lesson's pictures of controls.
MOST_OF_A_PAGE, MOST_OF_A_DECK, MOST_OF_CONTROLS = 600_000, 1_200_000, 1_500_000


def heavy(folder):
    """Sentences about the files below ``folder`` that are too large for a slow line."""
    found, of_lesson = [], {}
    for path in sorted(folder.rglob("*.html")):
        most = MOST_OF_A_DECK if path.name.endswith(".slides.html") else MOST_OF_A_PAGE
        if (size := path.stat().st_size) > most:
            found.append(f"{path.relative_to(folder).as_posix()} has {size:,} bytes, more than {most:,}.")
    for path in sorted(folder.rglob("controls/*.js")):
        lesson = path.relative_to(folder).with_name(path.name.split(".")[0]).as_posix()
        of_lesson[lesson] = of_lesson.get(lesson, 0) + path.stat().st_size
    found += [
        f"{lesson} has {size:,} bytes of pictures, more than {MOST_OF_CONTROLS:,}."
        for lesson, size in of_lesson.items()
        if size > MOST_OF_CONTROLS
    ]
    return found


def main():
    """Build from the notebooks named on the command line, or from all lessons."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="the notebooks; all lessons if none is named")
    given = parser.parse_args().notebooks
    try:
        paths = notebooks.find(given or [path for name in texts.languages() for path in notebooks.lessons(name)])
        for path in paths:
            notebooks.read(path)  # what is no notebook is named before anything is done
        with browser.opened() as chromium:
            if chromium is None:
                sys.exit(f"The site needs a browser for its formulas and PDFs. {browser.HOW_TO_INSTALL}")
            build(paths, SITE, chromium, Repository.of_the_workflow(), draw(paths))
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f"{error}")
    except BrowserError as error:
        sys.exit(f"The browser {browser.find()} could not build the site: {error}")
    if found := (heavy(SITE) + (links.problems(SITE) if not given else [])):
        sys.exit("\n".join(found))
    print(f"Open {SITE / 'index.html'}")


if __name__ == "__main__":
    main()
