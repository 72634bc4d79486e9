"""What ``make site`` builds: complete in itself, light, legible, accessible, and to be driven by keyboard alone."""

import functools
import hashlib
import html
import http.server
import io
import json
import math
import re
import threading

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Watch, patient, report, walk
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from helpers import controls, plots, texts
from tools import exercises, links, moving, notebooks, rules, site

pytestmark = patient
LESSONS = [path.stem for path in notebooks.lessons()]
every_lesson = pytest.mark.parametrize("name", LESSONS)
KB = 1000  # bytes


@pytest.fixture(scope="module")
def built(tmp_path_factory, browser):
    """The folder with everything that is built for all lessons; a few pictures of each English control."""
    folder = tmp_path_factory.mktemp("site")
    english = notebooks.lessons()
    site.build(english, folder, browser, pictures=site.draw(english, few=True))
    site.build(notebooks.lessons("zh"), folder, browser, pdf=False)
    return folder


@pytest.fixture
def open_file(browser, built):
    """Open a built file from disk, see to it that it asks for nothing else, and that nothing goes wrong in it."""
    watches, contexts = [], []

    def open_(name, width=1280, height=720):
        address = (built / name).as_uri()
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        watches.append((address, Watch(context, address)))
        page = context.new_page()
        page.goto(address)
        page.wait_for_function(site.READY, timeout=60_000)
        return page

    yield open_
    for context in contexts:
        context.close()
    for address, watch in watches:
        assert not watch.outside and not watch.errors
        assert {request.split("#")[0].split("?")[0] for request in watch.requests} <= {address}


def slides(name):
    """How many slides a lesson has, and the words of its notes."""
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    kinds = [cell.metadata.slideshow.slide_type for cell in cells]
    notes = [cell.source for cell, kind in zip(cells, kinds, strict=True) if kind == "notes"]
    return sum(kind in ("slide", "subslide") for kind in kinds), notes


def violations(page):
    """What axe-core finds, be it grave or not."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['help']}, at {rule['nodes'][0]['html'][:150]}" for rule in found]


@every_lesson
def test_a_deck_fits_and_can_be_read(built, open_file, name):
    found = walk(open_file(f"{name}.slides.html"))
    report(f"{name}.slides.html", found)
    assert found.slides == slides(name)[0]
    assert not found.problems, "\n".join(found.problems)


@every_lesson
def test_a_deck_is_driven_by_keyboard_alone(open_file, name):
    page = open_file(f"{name}.slides.html")
    pressed = 0
    while not page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
        page.keyboard.press("Space")
        pressed += 1
        assert pressed < 200
    assert page.evaluate("Reveal.getPastSlides?.().length ?? Reveal.getSlidePastCount()") == slides(name)[0] - 1
    page.keyboard.press("Home")
    assert page.evaluate("Reveal.isFirstSlide()")
    page.keyboard.press("o")
    assert page.evaluate("Reveal.isOverview()")


def plain(text):
    """The letters of Markdown, or of what is shown of it, so that the two can be compared."""
    return re.sub(r"[^\w]+", "", text)


def opening(source):
    """The letters with which a Markdown text begins, up to its first formula or link."""
    return plain(re.split(r"[$\[]", source.strip())[0])[:40]


def formulas(name):
    """How many formulas a lesson has: in the text, between of dollars, outside of code."""
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    words = [re.sub(r"`[^`]*`", "", cell.source) for cell in cells if cell.cell_type == "markdown"]
    return sum(len(re.findall(r"\$\$.+?\$\$|\$[^$\n]+?\$", text, re.DOTALL)) for text in words)


@every_lesson
def test_a_page_to_read_holds_the_lesson_in_two_voices(open_file, name):
    page = open_file(f"{name}.html", width=375)
    shown = plain(page.inner_text("main"))
    page.eval_on_selector_all(".answer", "all => all.forEach(cover => { cover.open = true; })")
    uncovered = plain(page.inner_text("main"))
    page.eval_on_selector_all(".lecturer", "all => all.forEach(cover => { cover.open = true; })")
    whole = plain(page.inner_text("main"))
    for words in slides(name)[1]:
        reader, lecturer = map(opening, re.split(r"> \*\*In class · \d+ min\.\*\*", words))
        assert reader in uncovered and lecturer in whole
        assert lecturer not in uncovered or len(lecturer) < 20
    assert len(shown) < len(uncovered) < len(whole)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone"
    images = page.eval_on_selector_all("img", "all => all.map(i => [i.alt.length, i.naturalWidth, i.complete])")
    assert all(alt >= 20 and width and complete for alt, width, complete in images)
    assert not re.search(r"\\(frac|sqrt|begin|text)\b|\$[^$\n]+\$", page.inner_text("main")), "raw TeX"
    assert page.locator("math").count() == formulas(name)


# For each cover: the question before it, what is to be seen of it, code or figures between, and code within.
QUESTIONS = """answers => answers.map((answer) => {
    const comes_before = (one) => one.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING;
    const asks = (one) => one.innerText.startsWith("Predict.") && comes_before(one);
    const question = [...document.querySelectorAll("blockquote")].filter(asks).at(-1);
    const between = document.createRange();
    between.setStartAfter(question);
    between.setEndBefore(answer);
    const count = (part) => part.querySelectorAll("pre, img").length;
    return [question.innerText, answer.innerText.trim(), count(between.cloneContents()), count(answer)];
})"""


@every_lesson
def test_the_answer_to_each_prediction_is_covered(built, open_file, name):
    page = open_file(f"{name}.html")
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    asked = [opening(rules.PREDICT.split(cell.source)[1]) for cell in cells if rules.PREDICT.search(cell.source)]
    answers = page.eval_on_selector_all(".answer", QUESTIONS)
    assert len(answers) >= len({*asked}) - 1 and len(answers) >= 2
    for question, shown, code_before, code_within in answers:
        assert any(plain(question).startswith(f"Predict{words}") for words in asked), question
        assert (shown, code_before) == ("Show the answer", 0) and code_within, question


def test_a_cover_opens_by_keyboard_without_a_script_and_on_paper(browser, built):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((built / f"{LESSONS[0]}.html").as_uri())
    for kind in ("answer", "lecturer"):
        within = page.locator(f".{kind} > :not(summary)").first
        assert not within.is_visible()
        page.emulate_media(media="print")
        assert within.is_visible()
        page.emulate_media(media="screen")
        page.locator(f".{kind} summary").first.focus()
        page.keyboard.press("Enter")
        assert within.is_visible()
    context.close()


@every_lesson
def test_every_slide_has_an_address_and_stands_in_the_contents(open_file, name):
    page = open_file(f"{name}.html")
    cells = notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells
    begins = [cell for cell in cells if cell.metadata.slideshow.slide_type in ("slide", "subslide")]
    assert page.eval_on_selector_all("section", "all => all.map(section => section.id)") == [cell.id for cell in begins]
    listed = page.eval_on_selector_all(".contents a", "all => all.map(a => [a.hash.slice(1), a.textContent])")
    assert [(address, plain(title)) for address, title in listed] == [
        (cell.id, plain(cell.source.split("\n")[0])) for cell in begins[1:]
    ]
    headings = page.eval_on_selector_all("section h2 a.here", "all => all.map(a => a.hash.slice(1))")
    assert headings == [cell.id for cell in begins[1:]]


@every_lesson
def test_the_exercises_show_the_task_and_cover_the_solution(built, open_file, name):
    page = open_file(f"{name}.exercises.html", width=375)
    stated = notebooks.read(notebooks.NOTEBOOKS / "exercises" / f"{name}.ipynb").cells
    tasks = [cell.id for cell in stated if cell.metadata.slideshow.slide_type == "slide"]
    assert page.eval_on_selector_all("section", "all => all.map(section => section.id)") == tasks
    text = html.unescape(page.inner_text("main"))
    secrets = exercises.secrets(notebooks.NOTEBOOKS / "solutions" / f"{name}.ipynb")
    assert [line for line in secrets if line in text] == []
    page.eval_on_selector_all("details", "all => all.forEach(cover => { cover.open = true; })")
    text = page.inner_text("main")
    assert "# BEGIN SOLUTION" not in text and "# END SOLUTION" not in text
    named = page.eval_on_selector_all(".verdict a", "all => all.map(a => [a.textContent, a.getAttribute('href')])")
    assert len(named) >= 3
    for words, link in named:
        file, _, slide = link.partition("#")
        assert f'<section id="{slide}">' in (built / file).read_text(encoding="utf-8")
        assert re.search(r"slide “.+”", words)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone"


@every_lesson
def test_the_pdf_has_one_page_a_slide(built, name):
    data = (built / f"{name}.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", data)) == slides(name)[0]
    assert b"LessonSans" in data, "no words on the pages"


@pytest.mark.parametrize("key", ["t", "s"])
def test_the_speakers_view_opens_from_disk(open_file, key):
    page = open_file(f"{LESSONS[0]}.slides.html")
    first = notebooks.read(notebooks.NOTEBOOKS / f"{LESSONS[0]}.ipynb").cells[1].source
    with page.context.expect_page() as opened:
        page.keyboard.press(key)
    speaker = opened.value
    speaker.wait_for_function("document.querySelector('.speaker-controls-notes .value')?.innerText.length > 20")
    assert first.split()[-1] in speaker.inner_text(".speaker-controls-notes .value")


def test_the_index_leads_to_everything(built, open_file):
    page = open_file("index.html", width=375)
    ways = page.eval_on_selector_all(".ways a", "all => all.map(a => a.getAttribute('href'))")
    assert len(ways) == 4 * len(LESSONS)
    assert all((built / way).is_file() for way in ways)


def test_an_image_without_words_and_pale_letters_are_caught(browser, built):
    page = browser.new_page()
    page.set_content("<html lang='en'><title>x</title><main><h1>x</h1><img src='x.png'><p style='color:#aaa'>pale</p>")
    assert {found.split(":")[0] for found in violations(page)} >= {"image-alt", "color-contrast"}
    page.close()


def test_what_is_shipped_is_what_its_makers_published():
    vendor = site.PAGES / "vendor"
    listed = re.findall(r"^([0-9a-f]{64})  (\S+)$", (vendor / "SHA256SUMS").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for _, name in listed} == {path.name for path in vendor.iterdir()} - {"SHA256SUMS", "README.md"}
    for digest, name in listed:
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, f"{name} has been changed"


def test_a_notebook_without_a_title_is_named(browser, tmp_path):
    notebook = notebooks.read(notebooks.NOTEBOOKS / f"{LESSONS[0]}.ipynb")
    del notebook.cells[0]
    notebooks.write(notebook, tmp_path / "untitled.ipynb")
    with pytest.raises(ValueError, match="untitled.ipynb does not begin"):
        site.build([tmp_path / "untitled.ipynb"], tmp_path, browser)


def test_a_title_in_any_letters_comes_through_the_style_sheet(browser, tmp_path):
    """The foot of each page of a PDF takes the title from there."""
    title = '自注意力: it\'s "5 %" \\ </style> é'
    notebook = notebooks.read(notebooks.NOTEBOOKS / f"{LESSONS[0]}.ipynb")
    notebook.cells[0].source = f"# {title}\n\nA lead.\n\nLesson 1 of the series · about 30 minutes"
    del notebook.cells[2:]
    notebooks.write(notebook, tmp_path / "titled.ipynb")
    site.build([tmp_path / "titled.ipynb"], tmp_path, browser)
    page = browser.new_page()
    page.goto((tmp_path / "titled.slides.html").as_uri())
    page.add_style_tag(content="body::before { content: var(--lesson) }")
    content = page.evaluate("getComputedStyle(document.body, '::before').content")
    page.close()
    assert json.loads(content) == title


# Every page, in every language


PAGES = [f"{name}{kind}" for name in LESSONS for kind in (".html", ".exercises.html", ".slides.html")]
PAGES += ["index.html", "terms.html", "search.html"]
FILES = [*PAGES, *(f"zh/{name}" for name in PAGES)]


def test_nothing_is_built_that_is_not_looked_at(built):
    assert {path.relative_to(built).as_posix() for path in built.rglob("*.html")} == {*FILES}


@pytest.mark.parametrize("file", FILES)
def test_axe_finds_nothing_by_day_or_by_night(open_file, file):
    page = open_file(file, width=1280 if "slides" in file else 375)
    page.eval_on_selector_all("details", "all => all.forEach(cover => { cover.open = true; })")
    assert not (found := violations(page)), "\n".join(found)
    if "slides" not in file:  # slides are white by night, too
        page.emulate_media(color_scheme="dark")
        found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
        assert not found, found[0]["nodes"][0]["html"]
        assert brightness(page) < 60, "bright at night"


def brightness(page):
    """How bright the paper of a page is, of 255."""
    return max(map(int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]))


@pytest.mark.parametrize("file", FILES)
def test_a_page_says_what_it_is(built, file):
    text = (built / file).read_text(encoding="utf-8").partition("<style")[0]
    assert re.search(rf'<html lang="{"zh-CN" if file.startswith("zh/") else "en"}">', text)
    (title,) = re.findall("<title>([^<]+)</title>", text)
    (description,) = re.findall('<meta name="description" content="([^"]+)">', text)
    assert len(title) > 2 and len(description) > 5
    (other,) = re.findall('<link rel="alternate" hreflang="[^"]+" href="([^"]+)">', text)
    assert (built / file).parent.joinpath(other).is_file() and other.endswith(file.removeprefix("zh/"))


@pytest.mark.parametrize("language", texts.languages())
def test_the_pages_have_an_order(built, language):
    home = texts.notebooks_in(language, built)
    at, seen = "index.html", []
    while at:
        assert at not in seen, "in a circle"
        text = (home / at).read_text(encoding="utf-8")
        assert seen == [] or f'<link rel="prev" href="{seen[-1]}">' in text or "exercises" in seen[-1], at
        seen.append(at)
        at = next(iter(re.findall('<link rel="next" href="([^"]+)">', text)), None)
    assert seen == ["index.html", *(f"{name}{kind}" for name in LESSONS for kind in (".html", ".exercises.html"))]


# Kilobytes: of a page without the pictures of its controls, of a deck, and up to a page's first picture. A slow line,
# 1.6 Mbit/s, brings 600 kB in 3 s; beginning and drawing take a part of that.
BUDGET = {"page": 600, "deck": 1200, "first": 450}


@pytest.mark.parametrize("file", FILES)
def test_a_page_is_light(built, file):
    data = (built / file).read_bytes()
    assert len(data) <= BUDGET["deck" if "slides" in file else "page"] * KB
    first = re.search(rb"<img [^>]*>", data)
    if first and "slides" not in file:
        assert first.end() <= BUDGET["first"] * KB


def test_what_is_too_heavy_is_named(tmp_path):
    for name, size in {"a.html": 600_001, "b.slides.html": 1_200_000, "c.slides.html": 1_200_001}.items():
        (tmp_path / name).write_bytes(b" " * size)
    (tmp_path / "controls").mkdir()
    for name in ("01-a.one.js", "01-a.two.js", "02-b.one.js"):
        (tmp_path / "controls" / name).write_bytes(b" " * 800_000)
    assert [words.split(" ")[0] for words in site.heavy(tmp_path)] == ["a.html", "c.slides.html", "controls/01-a"]


@every_lesson
def test_nothing_jumps_while_a_page_comes_slowly(served, browser, name):
    context = browser.new_context(viewport={"width": 375, "height": 720})
    page = context.new_page()
    slow = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.add_init_script(
        "window.jumped = 0; new PerformanceObserver(list => list.getEntries().forEach(one => { jumped += one.value; }))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    page.goto(f"{served}/{name}.html")
    page.wait_for_function(site.READY)
    assert page.evaluate("jumped") < 0.01
    context.close()


def test_a_jump_would_be_seen(browser):
    page = browser.new_page()
    page.set_content("<p>one</p>" * 30)
    page.evaluate(
        "window.jumped = 0; new PerformanceObserver(list => list.getEntries().forEach(one => { jumped += one.value; }))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    page.wait_for_timeout(700)  # what comes soon after an input is no jump
    page.evaluate("document.body.prepend(Object.assign(document.createElement('div'), {style: 'height: 200px'}))")
    page.wait_for_function("jumped > 0.01")
    page.close()


# Links


@pytest.fixture(scope="module")
def served(built):
    """The address of the site on a server, in a folder within a folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    root = built.parent.parent
    server = http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(Quiet, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/{built.relative_to(root).as_posix()}"
    server.shutdown()


def test_every_link_leads_somewhere(built):
    assert links.problems(built) == []
    assert links.count(built) > 2000


BROKEN = {
    '<a href="gone.html">': "there is no such file",
    '<a href="there.html#gone">': "there is no such place on it",
    '<a href="#gone">': "there is no such place on it",
    '<a href="/there.html">': "it begins at the root of the server",
    '<a href="https://example.com/">': "outside, only https",
    '<a href="http://arxiv.org/abs/1706.03762">': "outside, only https",
    "<a>": "a link without an address",
    '<link rel="next" href="gone.html">': "there is no such file",
    '<form data-script="controls/gone.js">': "there is no such file",
    '<img src="gone.png">': "there is no such file",
}


@pytest.mark.parametrize("tag", BROKEN)
def test_a_broken_link_is_named(tmp_path, tag):
    (tmp_path / "there.html").write_text('<a id="top" href="https://doi.org/10.1000/1"></a>', encoding="utf-8")
    (tmp_path / "page.html").write_text(f'<a href="there.html#top">good</a> {tag}', encoding="utf-8")
    (problem,) = links.problems(tmp_path)
    assert problem.startswith("page.html leads to") and BROKEN[tag] in problem


def test_a_folder_without_pages_is_a_problem(tmp_path):
    assert len(links.problems(tmp_path)) == 1


def test_whoever_changes_the_language_stays_in_the_place(browser, built):
    page = browser.new_page(viewport={"width": 375, "height": 720})
    page.goto((built / f"{LESSONS[1]}.html").as_uri())
    page.wait_for_function(site.READY)
    place = page.eval_on_selector_all("main > section", "all => all[7].id")
    page.evaluate("place => document.getElementById(place).scrollIntoView()", place)
    page.click("header a[hreflang]")
    page.wait_for_url(f"**/zh/{LESSONS[1]}.html#{place}")
    page.wait_for_function(site.READY)
    assert abs(page.evaluate("place => document.getElementById(place).getBoundingClientRect().top", place)) < 80
    page.click("header a[hreflang]")
    page.wait_for_url(f"**/{LESSONS[1]}.html#{place}")
    page.goto((built / f"{LESSONS[1]}.slides.html").as_uri() + "#/3/0")
    page.wait_for_function(site.READY)
    page.click(".elsewhere a[hreflang]")
    page.wait_for_url(f"**/zh/{LESSONS[1]}.slides.html#/slide-3-0")
    page.close()


# The index of terms, and the search


@pytest.mark.parametrize("language", texts.languages())
def test_a_term_stands_on_the_slide_that_the_index_names(built, language):
    found = texts.catalogue("terms", language)
    assert len(found) >= 40
    for key, term in found.items():
        number, _, cell = term["look"].partition("/")
        path = next(path for path in notebooks.lessons(language) if path.name.startswith(f"{int(number):02}-"))
        cells = notebooks.read(path).cells
        begin = next(k for k, one in enumerate(cells) if one.id == cell)
        end = next(k for k in range(begin, len(cells)) if cells[k].metadata.slideshow.slide_type == "notes")
        words = " ".join(one.source for one in cells[begin : end + 1]).casefold()
        assert cells[begin].source.startswith("#") and term["term"].casefold() in words, (key, term)
    assert len({term["term"].casefold() for term in found.values()}) == len(found)


@pytest.mark.parametrize("home", ["", "zh/"])
def test_the_index_of_terms_is_in_order(open_file, home):
    page = open_file(f"{home}terms.html", width=375)
    words = page.eval_on_selector_all(".terms a", "all => all.map(a => a.textContent)")
    if not home:
        assert [word.strip("[").casefold() for word in words] == sorted(word.strip("[").casefold() for word in words)
    assert len(words) >= 40
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


FINDS = {
    "search.html": [("padding", "padding"), ("valid_lens", "padding"), ("permut", "order"), ("wavelenght", "wave")],
    "zh/search.html": [("填充", "填充"), ("旋转", "旋转"), ("RoPE", "RoPE"), ("波长", "波长")],
}


@pytest.mark.parametrize("file", FINDS)
def test_the_search_finds_slides_from_disk(built, open_file, file):
    page = open_file(file, width=375)
    for query, word in FINDS[file]:
        page.fill("main input", query)
        page.wait_for_selector(".found a")
        first = page.locator(".found li").first
        assert word.casefold() in page.inner_text(".found").casefold(), query
        address = first.locator("a").get_attribute("href")
        target, _, place = address.partition("#")
        assert f'id="{place}"' in ((built / file).parent / target).read_text(encoding="utf-8")
        assert first.locator("mark").count() and not violations(page)
    page.fill("main input", "qqqq")
    assert page.locator(".found li").count() == 0 and len(page.inner_text("#count")) > 5
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_start_page_asks_the_page_that_searches(browser, built):
    page = browser.new_page()
    page.goto((built / "index.html").as_uri())
    page.fill("form.search input", "causal mask")
    page.keyboard.press("Enter")
    page.wait_for_selector(".found a")
    assert "causal" in page.inner_text(".found").casefold() and "q=causal" in page.url
    page.close()


# Controls that move without a kernel


def seen(page):
    """The picture that a moved control shows, as ``notebooks.pictures`` has them, and its alternative text."""
    data = page.evaluate("document.querySelector('canvas').toDataURL()").partition(",")[2]
    return notebooks.decode(data), page.get_attribute("canvas", "aria-label")


def live_in(name):
    """What a lesson hands to its control: ``draw`` and the ranges. The lesson runs up to there."""
    found, kept = [], controls.live
    controls.live = lambda draw, **ranges: found.append((draw, ranges))
    try:
        space = {}
        for cell in notebooks.read(notebooks.NOTEBOOKS / f"{name}.ipynb").cells:
            if cell.cell_type == "code" and not found:
                exec(compile(cell.source, cell.id, "exec"), space)
    finally:
        controls.live = kept
    return found[0]


def come_to(page, kind):
    """Open the slide of the control, where ``kind`` is a deck, and set the focus on the control."""
    page.wait_for_function(site.READY)
    if kind == "slides.html":
        page.evaluate(
            "const {h, v} = Reveal.getIndices(document.querySelector('form.live').closest('section'));"
            "Reveal.slide(h, v)"
        )
    page.focus("form.live :is(input, select)")


@pytest.mark.parametrize("kind", ["html", "slides.html"])
@pytest.mark.parametrize("name", [LESSONS[0], LESSONS[2]])
def test_a_control_shows_what_the_kernel_draws(served, browser, name, kind):
    draw, ranges = live_in(name)
    ((argument, values),) = controls.steps(draw, **ranges).items()
    page = browser.new_page()
    page.goto(f"{served}/{name}.{kind}")
    come_to(page, kind)
    for key, value in (("Home", values[0]), ("End", values[-1])):
        page.keyboard.press(key)
        with plots.sketching(like=draw()):
            drawn = draw(**{argument: value})
        page.wait_for_function("alt => document.querySelector('canvas')?.ariaLabel === alt", arg=drawn.alt)
        image, _ = seen(page)
        assert notebooks.difference(notebooks.pictures([picture_output(drawn)]), [image]) is None
        assert page.inner_text("form.live output") == f"{value:g}"
    page.close()


@every_lesson
def test_the_control_of_each_lesson_moves_from_disk(browser, built, name):
    page = browser.new_page(viewport={"width": 375, "height": 720}, has_touch=True)
    loaded = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto((built / f"{name}.html").as_uri())
    page.wait_for_function(site.READY)
    assert not [address for address in loaded if "controls/" in address], "loaded before it was touched"
    for k, cell in enumerate(page.locator(".jp-Cell:has(form.live)").all()):
        for cover in cell.locator("xpath=ancestor::details[not(@open)]/summary").all():
            cover.click()
        before, canvas = cell.locator("img").bounding_box(), cell.locator("canvas")
        alternatives = {cell.locator("img").get_attribute("alt")}
        for control in cell.locator("form.live :is(input, select)").all():
            if control.evaluate("one => one.tagName") == "SELECT":
                control.select_option(index=control.locator("option").count() - 1)
            else:
                control.scroll_into_view_if_needed()
                box = control.bounding_box()
                at_the_end = control.evaluate("one => one.value === one.max")
                page.touchscreen.tap(box["x"] + (3 if at_the_end else box["width"] - 3), box["y"] + box["height"] / 2)
            page.wait_for_function(
                "([k, seen]) => {"
                "const canvas = document.querySelectorAll('.jp-Cell:has(form.live)')[k].querySelector('canvas');"
                "return canvas && !seen.includes(canvas.ariaLabel)}",
                arg=[k, [*alternatives]],
            )
            alternatives.add(canvas.get_attribute("aria-label"))
        page.wait_for_function(
            "([told, canvas]) => told.textContent === canvas.ariaLabel",
            arg=[cell.locator(".told").element_handle(), canvas.element_handle()],
        )
        after = canvas.bounding_box()
        assert (before["width"], before["height"]) == pytest.approx((after["width"], after["height"]), abs=1)
        assert len([address for address in loaded if "controls/" in address]) == k + 1
    assert not violations(page)
    page.close()


def of_three(position=4, factor=2, way="slow"):
    return plots.lines(
        [position, factor, {"slow": 0, "fast": 9}[way]],
        title=f"{position} {factor} {way}",
        xlabel="x",
        ylabel="y",
        size=(6, 3),
    )


def picture_output(picture):
    return new_output("display_data", {"text/html": picture._repr_html_(), "text/plain": repr(picture)})


@pytest.fixture
def of_its_own(browser, tmp_path, monkeypatch):
    """The page of a notebook with three controls, of which not all pictures are drawn."""
    monkeypatch.setattr(moving, "MOST", 40)
    shown, loaded = moving.record(of_three, {"position": (0, 10), "factor": (1, 3), "way": ["slow", "fast"]})
    control = new_output("display_data", {"text/plain": "controls"}, metadata={"control": True})
    title = new_markdown_cell("# Three\n\nA lead.", id="title", metadata={"slideshow": {"slide_type": "slide"}})
    live = new_code_cell("controls.live()", id="live", outputs=[picture_output(of_three()), control])
    notebooks.write(new_notebook(cells=[title, live]), tmp_path / "99-three.ipynb")
    folder = tmp_path / "pictures"
    folder.mkdir()
    moving.store(folder / moving.script("99-three", "live"), loaded)
    (folder / moving.CONTROLS).write_text(json.dumps({"live": shown}))
    path = tmp_path / "99-three.ipynb"
    site.build([path], tmp_path / "site", browser, pictures={path: folder}, pdf=False)
    page = browser.new_page()
    page.goto((tmp_path / "site" / "99-three.html").as_uri())
    page.wait_for_function(site.READY)
    yield page
    page.close()


def test_where_not_all_is_drawn_the_long_control_goes_in_steps_and_the_page_says_so(of_its_own):
    page, step = of_its_own, 3
    assert page.inner_text("form.live p") == f"Once another control has moved, position goes in steps of {step}."

    def shows(position, factor, way):
        page.wait_for_function(
            "words => document.querySelector('canvas')?.ariaLabel.includes(words)", arg=f": {position} {factor} {way}"
        )
        assert page.locator("form.live output").all_inner_texts() == [str(position), str(factor)]
        with plots.sketching(like=of_three()):
            drawn = of_three(position, factor, way)
        assert notebooks.difference(notebooks.pictures([picture_output(drawn)]), [seen(page)[0]]) is None

    position, factor = page.locator("form.live input").all()
    position.press("ArrowRight")
    shows(5, 2, "slow")
    factor.press("ArrowRight")
    shows(6, 3, "slow")
    position.press("ArrowRight")
    shows(9, 3, "slow")
    position.press("ArrowLeft")
    shows(6, 3, "slow")
    page.locator("form.live select").select_option("fast")
    shows(6, 3, "fast")
    position.press("End")
    shows(9, 3, "fast")
    factor.press("ArrowLeft")
    page.locator("form.live select").select_option("slow")
    shows(9, 2, "slow")
    position.press("ArrowLeft")
    shows(8, 2, "slow")


def test_pictures_that_are_missing_are_missed_aloud_and_asked_for_again(of_its_own, tmp_path):
    script = tmp_path / "site" / "controls" / moving.script("99-three", "live")
    script.rename(script.with_suffix(".away"))
    of_its_own.focus("form.live input")
    of_its_own.wait_for_function("document.querySelector('form.live p').textContent.includes('“controls”')")
    assert of_its_own.locator("img").count() == 1
    script.with_suffix(".away").rename(script)
    of_its_own.keyboard.press("ArrowRight")
    of_its_own.wait_for_selector("canvas")
    assert "steps of" in of_its_own.inner_text("form.live p")


def test_without_a_script_there_is_a_picture_and_no_control(browser, built):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((built / f"{LESSONS[2]}.html").as_uri())
    assert not page.locator("form.live").is_visible()
    assert page.locator(".jp-Cell:has(form.live) img").is_visible()
    context.close()


# A slider, and a list of choices, which Space would open.
@pytest.mark.parametrize("name, keys", [(LESSONS[2], ["Space"]), (LESSONS[6], [])])
def test_on_a_slide_the_keys_belong_to_the_control_until_escape(browser, built, name, keys):
    page = browser.new_page()
    page.goto((built / f"{name}.slides.html").as_uri())
    come_to(page, "slides.html")
    at = page.evaluate("location.hash")
    for key in ("ArrowRight", "ArrowLeft", *keys, "o"):
        page.keyboard.press(key)
    assert page.evaluate("location.hash") == at and not page.evaluate("Reveal.isOverview()")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("at => location.hash !== at", arg=at)
    page.close()


@pytest.mark.parametrize(
    "counts, start", [((201, 5), (37, 1)), ((3, 500, 2), (0, 7, 1)), ((20, 20), (0, 0)), ((400,), (3,))]
)
def test_no_more_is_drawn_than_said_and_each_control_alone_moves_through_all(counts, start):
    states, thinned = moving.drawn(counts, start, 600)
    assert len({*states}) == len(states) <= 600 and start in states
    for control, count in enumerate(counts):
        for value in range(count):
            alone = tuple(value if k == control else at for k, at in enumerate(start))
            assert alone in states
    assert (thinned is None) == (len(states) == math.prod(counts))


def test_a_control_with_too_many_pictures_is_named():
    with pytest.raises(ValueError, match=r"\(1000, 2\)|\[1000, 2\]"):
        moving.drawn([1000, 2], [0, 0], 400)


def test_squares_make_the_pictures_again():
    noise = np.random.default_rng(0).integers(0, 4, (4, 50, 70)).astype(np.uint8) * 80
    noise[1, :40], noise[2, :, 40:] = noise[0, :40], noise[0, :, 40:]
    noise[3] = noise[0]
    noise[3, :32, :32], noise[3, :32, 32:64] = noise[0, :32, 32:64], noise[0, :32, :32]  # two squares change places
    pictures = [np.repeat(one[:, :, None], 3, axis=2) for one in noise]
    files = []
    for picture in pictures:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        files.append(buffer.getvalue())
    width, height, sheet, columns, places = moving.pack(files)
    sheet, side, across = (
        np.asarray(Image.open(io.BytesIO(sheet)).convert("RGB")),
        moving.SQUARE,
        -(-width // moving.SQUARE),
    )
    assert sum(count for _, count, _ in places[1]) < sum(count for _, count, _ in places[0])
    for picture, runs in zip(pictures, places, strict=True):
        again = np.zeros((2 * side, across * side, 3), np.uint8)
        for place, count, first in [*places[0], *runs]:
            for k in range(count):
                y, x = (side * n for n in divmod(first + k, columns))
                v, u = (side * n for n in divmod(place + k, across))
                again[v : v + side, u : u + side] = sheet[y : y + side, x : x + side]
        assert (again[:height, :width] == picture).all()


def test_pictures_of_two_sizes_are_refused():
    one, other = (plots.lines([0, 1], title="t", xlabel="x", ylabel="y", size=size).png for size in ((4, 3), (5, 3)))
    with pytest.raises(ValueError, match="one size"):
        moving.pack([one, other])


# Run it from the page


def test_the_ways_to_run_a_lesson_follow_from_the_repository(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "somebody/lessons")
    monkeypatch.setenv("GITHUB_REF_NAME", "main")
    path = notebooks.lessons("zh")[0]
    site.build([path], tmp_path, browser, site.Repository.of_the_workflow(), pdf=False)
    text = (tmp_path / "zh" / f"{path.stem}.html").read_text(encoding="utf-8")
    inside = f"notebooks/zh/{path.name}"
    assert f'href="https://mybinder.org/v2/gh/somebody/lessons/main?urlpath=lab/tree/{inside}"' in text
    assert f'href="https://colab.research.google.com/github/somebody/lessons/blob/colab/{inside}"' in text
    assert 'href="https://github.com/somebody/lessons"' in (tmp_path / "zh" / "index.html").read_text(encoding="utf-8")


def test_where_the_repository_is_unknown_no_way_leads_out(built, monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert site.Repository.of_the_workflow() is None
    assert not any(
        "https://" in re.sub(r"<(script|style).*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL)
        for path in built.rglob("index.html")
    )


@pytest.mark.parametrize("name", ["lessons", "a/b/c", "a b/c", '"/>'])
def test_what_is_no_repository_is_refused(monkeypatch, name):
    monkeypatch.setenv("GITHUB_REPOSITORY", name)
    with pytest.raises(ValueError, match="OWNER/NAME"):
        site.Repository.of_the_workflow()
