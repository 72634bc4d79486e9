"""The editions in other languages: complete, not stale, the same code, set one way, with letters for every figure."""

import io
import locale
import re

import polib
import pytest
from browsing import patient
from fontTools.ttLib import TTFont

from helpers import plots, texts
from tools import edition, font, notebooks, present, rules, site
from tools.execute import execute

pytestmark = patient
LANGUAGES = texts.languages()[1:]
SOURCES = edition.sources()
CATALOGUES = [(language, name) for language in LANGUAGES for name in SOURCES]
NOTEBOOKS = [
    path.relative_to(notebooks.NOTEBOOKS)
    for path in notebooks.find()
    if path.relative_to(notebooks.NOTEBOOKS).parts[0] not in LANGUAGES
]
HAN = r"[\u4e00-\u9fff]"
every_catalogue = pytest.mark.parametrize(("language", "name"), CATALOGUES)
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=str)


def words(language, name):
    return texts.translations(edition.TRANSLATIONS / language / f"{name}.po")


# Complete, and not stale


@every_catalogue
def test_every_message_is_translated_as_it_stands(language, name):
    told = words(language, name)
    missing = [message for message in SOURCES[name] if message not in told]
    assert not missing, f"make {language} says what to do"
    assert list(told) == SOURCES[name], "what is no longer said stands there still"
    long = [said for said in told.values() if len(said) > 40]
    assert len(long) == len(set(long)), "two messages have the same translation"


def test_a_changed_sentence_is_named_and_nothing_is_made(monkeypatch, tmp_path):
    language = LANGUAGES[0]
    told = dict(SOURCES)
    (context, text), *others = told["02-positional-encoding"]
    told["02-positional-encoding"] = [(context, text + " One more."), *others]
    monkeypatch.setattr(edition, "sources", lambda: told)
    with pytest.raises(edition.Missing) as missing:
        edition.make(language)
    assert missing.value.args == (("02-positional-encoding", context, text + " One more."),)


def test_an_update_keeps_the_old_words_beside_what_has_changed(tmp_path):
    path = tmp_path / "one.po"
    assert edition._update(path, [("a", "One."), ("code", "two")]) == [("a", "One."), ("code", "two")]
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        entry.msgstr = entry.msgid.upper()
    catalogue.save()
    assert edition._update(path, [("a", "One."), ("code", "two")]) == []
    assert edition._update(path, [("a", "One more."), ("code", "three")]) == [("a", "One more."), ("code", "three")]
    changed, new = polib.pofile(str(path))
    assert changed.fuzzy and changed.previous_msgid == "One." and changed.msgstr == "ONE."
    assert not new.msgstr
    assert texts.translations(path) == {}


# The same notebooks


@pytest.mark.parametrize("language", LANGUAGES)
@every_notebook
def test_a_notebook_is_the_english_one_in_other_words(language, path):
    english = notebooks.read(notebooks.NOTEBOOKS / path).cells
    other = notebooks.read(notebooks.NOTEBOOKS / language / path).cells
    assert [(cell.id, cell.cell_type, cell.metadata) for cell in other] == [
        (cell.id, cell.cell_type, cell.metadata) for cell in english
    ]
    for mine, yours in zip(english, other, strict=True):
        if mine.cell_type == "code":
            assert edition.skeleton(mine.source) == edition.skeleton(yours.source), mine.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_edition_is_what_its_catalogues_make(language, monkeypatch):
    written = []
    monkeypatch.setattr(notebooks, "write", lambda notebook, path: written.append(path))
    monkeypatch.setattr(
        notebooks, "replace", lambda path, content: path.read_bytes() == content or written.append(path)
    )
    assert edition.make(language) == [] and written == []


def test_another_program_is_refused():
    source = 'total = f"{one} and {two}"'
    assert edition.translated_code(source, lambda text: "{one}, {two}") == 'total = f"{one}, {two}"'
    with pytest.raises(ValueError, match="in this order"):
        edition.translated_code(source, lambda text: "{two}, {one}")
    assert edition.skeleton("f(x, 'a')") == edition.skeleton("f(x, 'b')") != edition.skeleton("f(y, 'a')")


SAID = {
    'print("one",  # two words\n      3)': 'print("ONE",  # TWO WORDS\n      3)',
    'f"{x!r:>{width}} wide {{}}"': 'f"{x!r:>{width}} WIDE {{}}"',
    'f"{x[0]:.2f} and {y}\\n"': 'f"{x[0]:.2f} AND {y}\\n"',
    "'say \"so\"'": '"SAY \\"SO\\""',
    'def f():\n    """What it does."""': 'def f():\n    """WHAT IT DOES."""',
    "x = y  # (batch, n, num_heads * d)": "x = y  # (batch, n, num_heads * d)",
    "x = y  # (16 positions, 4 bits)": "x = y  # (16 POSITIONS, 4 BITS)",
    '("one "\n "two")': '("ONE TWO")',
    "# BEGIN SOLUTION: answer = ...  # a letter": "# BEGIN SOLUTION: answer = ...  # A LETTER",
}


@pytest.mark.parametrize("source", SAID)
def test_strings_and_comments_are_translated_and_code_is_not(source):
    def upper(text):
        parts = re.split(f"({edition.FIELD.pattern})", text)
        return "".join(part if k % 2 else part.upper() for k, part in enumerate(parts))

    assert edition.translated_code(source, upper) == SAID[source]


def test_lines_that_become_too_wide_are_broken():
    whole = 'f({f"{s} and {t}": table[s] for s in table}, title="one")'
    assert edition.skeleton(
        edition.translated_code(whole, lambda text: text.replace("and", "以及" * 20))
    ) == edition.skeleton(whole)
    source = 'plots.lines(table, title="one", labels=["two", "three"], xlabel="four", size=(9, 3))  # five'
    told = edition.translated_code(source, lambda text: "很长的文字" * 3)
    assert max(map(notebooks.columns, told.split("\n"))) <= rules.MAX_WIDTH
    assert edition.skeleton(told) == edition.skeleton(source)
    alone = edition.translated_code('print("one")', lambda text: "很长的文字" * 20)
    assert max(map(notebooks.columns, alone.split("\n"))) <= rules.MAX_WIDTH
    assert edition.skeleton(alone) == edition.skeleton('print("one")')


# A language that needs no translator: every word in brackets


def in_brackets(text):
    """The text with each word in brackets; what an f-string fills in is code."""
    parts = re.split(f"({edition.FIELD.pattern})", text)
    return "".join(part if k % 2 else re.sub(r"\S+", r"[\g<0>]", part) for k, part in enumerate(parts))


def outside_brackets(text):
    return re.sub(r"\[\S+\]", "", edition.FIELD.sub("", text))


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory):
    """The lessons in this language, not run yet."""
    home = tmp_path_factory.mktemp("series") / "notebooks" / "xx"
    home.mkdir(parents=True)
    for path in notebooks.lessons():
        said = {
            (context, text): in_brackets(text) if context == edition.CODE else f"[{text}]"
            for context, text in SOURCES[path.stem]
        }
        made = edition.translated(notebooks.read(path), path.stem, said)
        notebooks.write(made, home / path.name)
    return home


@pytest.mark.parametrize("name", [path.name for path in notebooks.lessons()])
def test_a_third_language_needs_no_line_of_code(pseudo, name):
    execute(pseudo / name)
    notebook = notebooks.read(pseudo / name)
    kept = edition.kept_as_code(name.removesuffix(".ipynb"))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert cell.source.startswith("[") and cell.source.endswith("]")
        else:
            for piece in edition.pieces(cell.source):
                assert piece.text in kept or not edition.WORDS.search(outside_brackets(piece.text)), piece.text


# What it looks like


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_have_all_their_letters_and_no_others(language):
    wanted = font.letters(language)
    for path, letters in font.held(language).items():
        assert letters == wanted, f"{path.name}: lacks {wanted - letters}, has {letters - wanted} too many"
        assert path.stat().st_size < 150_000


def test_a_font_that_lacks_a_letter_is_named():
    path = next(iter(font.held("zh")))
    two = TTFont(io.BytesIO(font.cut(path, {"位", "置"}, "Two")))
    assert {*map(chr, two.getBestCmap())} == {"位", "置"} and two["name"].getDebugName(1) == "Two"
    with pytest.raises(ValueError, match="has no 龘"):
        font.cut(path, {"位", "龘"}, "Three")


def test_a_figure_with_chinese_letters_draws_them():
    texts.speak("zh")
    try:
        one, other = (plots.lines([1, 2], title=title, xlabel="位置", ylabel="值") for title in ("位置", "权重"))
        assert one.png != other.png
        assert "折线" in one.alt
    finally:
        texts.speak("en")


def test_a_session_speaks_the_language_of_its_folder():
    assert (
        texts.of_folder(notebooks.NOTEBOOKS / "zh") == texts.of_folder(notebooks.NOTEBOOKS / "zh" / "exercises") == "zh"
    )
    assert texts.of_folder(notebooks.NOTEBOOKS) == texts.of_folder("/home/zh/course") == "en"
    with pytest.raises(ValueError, match="language must be one of en, zh, but it is 'klingon'"):
        texts.speak("klingon")


# What the Chinese slides said from which the series grew, and where it stands now: (lesson, cell, what it must say)
SEED = {
    "the title": [
        ("01-self-attention", "title", r"\A# 自注意力$"),
        ("02-positional-encoding", "title", r"\A# 位置编码$"),
    ],
    "the layer of the book, with its sizes": [
        ("01-self-attention", "shape", "《动手学深度学习》"),
        ("01-self-attention", "d2l-code", r"num_hiddens, num_heads = 100, 5\n.*attention\.eval\(\)"),
    ],
    "the shape that comes out, with valid lengths": [
        ("01-self-attention", "shape-code", r"valid_lens, X = torch.tensor\(\[3, 2\]\), torch.ones\(\(2, 4,"),
        ("01-self-attention", "shape-notes", r"^\(2, 4, 100\)：每个查询一行"),
    ],
    "the class of the positional encoding": [
        ("02-positional-encoding", "class", "## 写成类"),
        ("02-positional-encoding", "class-code", r"class PositionalEncoding\(nn.Module\):"),
    ],
    "rows are places of tokens in a sequence, columns are dimensions of the encoding": [
        ("04-frequency-heatmap", "marked-notes", r"一\*\*行\*\*：加到位置20那个词上的32个数.*一\*\*列\*\*"),
        ("04-frequency-heatmap", "heatmap-code", "列（编码维度）.*行（位置）"),
    ],
    "columns 6 to 9 against the row": [
        ("02-positional-encoding", "columns", "四列：60个位置，32维"),
        ("02-positional-encoding", "columns-notes", "第6列和第7列(.*)第8列和第9列"),
    ],
    "0 to 7 in binary": [
        ("03-binary-representation", "title", r"\A# 二进制表示$"),
        ("03-binary-representation", "binary-code", r"的二进制是\{t:03b\}"),
    ],
    "the frequency falls along the dimension of the encoding": [
        ("04-frequency-heatmap", "heatmap-code", "从左到右，频率下降")
    ],
}


@pytest.mark.parametrize("what", SEED)
def test_what_the_first_slides_said_is_said_in_chinese(what):
    for name, cell, says in SEED[what]:
        found = {cell.id: cell.source for cell in notebooks.read(notebooks.home("zh") / f"{name}.ipynb").cells}
        assert re.search(says, found[cell], re.MULTILINE | re.DOTALL), (name, cell)


def test_the_first_slides_printed_what_lesson_3_prints():
    (cell,) = [
        cell
        for cell in notebooks.read(notebooks.home("zh") / "03-binary-representation.ipynb").cells
        if cell.id == "binary-code"
    ]
    assert cell.outputs[0].text.splitlines() == [f"{t}的二进制是{t:03b}" for t in range(8)]


# Pages and decks


@pytest.fixture(scope="module")
def pages(tmp_path_factory, browser):
    """Everything that is built in Chinese, but for the PDFs."""
    folder = tmp_path_factory.mktemp("zh")
    site.build(notebooks.lessons("zh"), folder, browser, pdf=False)
    return folder / "zh"


def test_pages_say_that_they_are_chinese_and_leave_no_english_around_the_lesson(pages):
    files = sorted(pages.glob("*.html"))
    assert len(files) == 3 * len(notebooks.lessons("zh")) + 3
    english = [
        said for key, said in texts.catalogue("helpers")["pages"].items() if key not in ("pdf", "way", "language")
    ]
    for path in files:
        page = re.sub(r"<(script|style)\b.*?</\1>|<pre>.*?</pre>", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert '<html lang="zh-CN">' in page
        around = re.findall(r"<summary>(.*?)</summary>|<header>(.*?)</header>|<title>(.*?)</title>", page)
        around = re.sub(r"<[^>]*>", " ", " ".join("".join(one) for one in around))
        assert not [said for said in english if re.search(rf"\b{re.escape(said)}\b", around)], path.name
        for alt in re.findall(r'<img alt="([^"]+)"', page):
            assert len(re.findall(HAN, alt)) >= 6, alt


SYSTEMS = {"zh_CN.UTF-8": "zh", "zh_TW": "zh", "en_US.UTF-8": "en", "de_DE": "en", "C": "en", "": "en"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_start_page_is_in_the_systems_language(monkeypatch, system):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", system)
    monkeypatch.setattr(locale, "getlocale", lambda: (None, None))
    assert present.spoken() == SYSTEMS[system]
    monkeypatch.setenv("LC_ALL", "en_GB")
    assert present.spoken() == "en"


def test_windows_says_its_language_in_another_way(monkeypatch):
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for name, language in (("Chinese (Simplified)_China", "zh"), ("English_United States", "en"), (None, "en")):
        monkeypatch.setattr(locale, "getlocale", lambda name=name: (name, "1252"))
        assert present.spoken() == language


# How Chinese is set


def prose(text):
    """A message without code, formulas, addresses and tags."""
    return re.sub(r"```.*?```|`[^`]*`|\$[^$]*\$|\]\([^)]*\)|<[^>]+>", "x", text, flags=re.DOTALL)


MISPRINTS = {
    "an ASCII mark after a Chinese letter": rf"{HAN}[,;:?!]|{HAN}\.(?=\s|$)",
    "a space between Chinese and Latin": rf"{HAN} +[A-Za-z0-9`$]|[A-Za-z0-9`$] +{HAN}",
}
MARKS = "，。；：？！”“）（、"


def misprints(text):
    """What is set in another way than everywhere else: (what, where)."""
    found = [(what, where) for what, pattern in MISPRINTS.items() for where in re.findall(pattern, prose(text))]
    for paragraph in prose(text).split("\n"):
        parts = re.split(r"\*\*", paragraph)
        for before, bold, after in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            # Markdown sees no end of bold between a mark and a letter, nor a beginning between a letter and a mark.
            if (bold[-1:] in MARKS and after[:1].isalnum()) or (bold[:1] in MARKS and before[-1:].isalnum()):
                found.append(("stars that do not close", bold))
        slanted = re.split(r"(?<!\*)\*(?!\*)", paragraph)[1::2]
        found += [("slanted Chinese", words) for words in slanted if re.search(HAN, words)]
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_chinese_is_set_one_way(name):
    found = {key: misprints(said) for key, said in words("zh", name).items() if key[0] != edition.CODE}
    assert {key: wrong for key, wrong in found.items() if wrong} == {}


def test_misprints_are_seen():
    wrong = {"位置,编码": "an ASCII mark after a Chinese letter", "权重 softmax": "a space between Chinese and Latin"}
    wrong |= {"**掩蔽。**然后": "stars that do not close", "*位置*编码": "slanted Chinese"}
    assert {text: [what for what, _ in misprints(text)] for text in wrong} == {text: [wrong[text]] for text in wrong}
    assert not misprints("查询、键和值：`W_q`乘以$x$，**归一化**。（Vaswani等，2017）")


ANYWHERE = [r"(?m)^#+ ", r"(?m)^> ", rules.IN_CLASS]  # a document has commands and links of its language
IN_A_LESSON = [r"`[^`\n]+`", r"\$[^$\n]+\$", r"\]\((?!/rise/)([^)]*)\)"]


@pytest.mark.parametrize("name", SOURCES)
def test_code_formulas_and_links_are_those_of_the_english(name):
    patterns = ANYWHERE + (IN_A_LESSON if name not in edition.DOCUMENTS else [])
    for (context, text), said in words("zh", name).items():
        for pattern in patterns if context != edition.CODE else ():
            mine, yours = (
                {re.sub('"[^"]*"', '""', str(one)) for one in re.findall(pattern, all)} for all in (text, said)
            )
            assert mine == yours, (context, pattern)
        assert bool(rules.PREDICT.search(text)) == bool(rules.PREDICT.search(said))
