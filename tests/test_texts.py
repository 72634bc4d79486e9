"""The catalogues of what helpers say: complete, nothing in them is unused, and every slide that they name exists."""

import ast
import re
import string

import pytest

from helpers import check, texts
from helpers.check.judging import cases
from tools import notebooks

ENTRIES = {name: getattr(check, name) for names in check.NAMES.values() for name in names}
HELPERS = notebooks.ROOT / "helpers"
SENTENCES = {f"{section}.{key}" for section, keys in texts.catalogue("helpers").items() for key in keys}
END = re.compile(r"[.?!][)”]?$")
every_entry = pytest.mark.parametrize("name", ENTRIES)
every_lesson = pytest.mark.parametrize("number", check.NAMES)


def mistakes_of(name):
    """What the catalogue says of the mistakes of an exercise: {name: entry}, those of the exercise it is like too."""
    said = texts.of_exercise(name)
    return (mistakes_of(said["like"]) if "like" in said else {}) | said["mistakes"]


def code():
    """All nodes of the syntax trees of whatever says a sentence: (the file, the node)."""
    tools = (notebooks.ROOT / "tools" / f"{name}.py" for name in ("colab", "model", "rules", "site"))
    for path in [*HELPERS.rglob("*.py"), *tools]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def keys_in_code():
    """What stands in the code of helpers where a key may stand, as regular expressions: f"plots.{x}-shape" is one."""
    found = set()
    for _, node in code():
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "" for part in node.values]
            if re.fullmatch(r"[a-z.-]{3,}", "".join(parts)):
                found.add("".join(re.escape(part) or ".+" for part in parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(re.escape(node.value))
    templates = "".join(path.read_text("utf-8") for path in (notebooks.ROOT / "tools" / "pages").glob("*.html"))
    return found | {re.escape(f"pages.{key}") for key in re.findall(r'say\("([a-z-]+)"', templates)}


def test_no_sentence_is_unused():
    found = keys_in_code()
    unused = [
        key
        for key in SENTENCES
        if not any(re.fullmatch(one, key) or re.fullmatch(one, key.partition(".")[2]) for one in found)
    ]
    assert not unused


def test_every_sentence_that_is_said_exists_and_gets_its_values():
    calls = 0
    for path, node in code():
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say"):
            continue
        key, given = node.args[0], {keyword.arg for keyword in node.keywords}
        if isinstance(key, ast.Constant) and None not in given:  # None stands for **values
            section, _, name = key.value.partition(".")
            sentence = texts.catalogue("helpers")[section][name]
            wanted = {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}
            assert wanted <= given, (path.name, node.lineno, key.value)
            calls += 1
    assert calls > 50


@every_lesson
def test_a_catalogue_holds_the_exercises_of_its_lesson_and_no_others(number):
    assert set(texts.catalogue(f"lesson{number}")) == set(check.NAMES[number])


@every_entry
def test_everything_that_an_exercise_may_say_stands_in_the_catalogue_and_nothing_else(name):
    entry, said = ENTRIES[name], texts.of_exercise(name)
    is_question = isinstance(entry, check.Question)
    assert END.search(said["praise"])
    is_choice = is_question and entry.letters != ""
    assert ("otherwise" in said) == (is_question and not is_choice) and END.search(said.get("otherwise", "."))
    if is_choice:
        assert {letter for wrong in entry.mistakes for letter in wrong.answers} == set(entry.letters) - {entry.right}
    assert set(mistakes_of(name)) >= {wrong.name for wrong in entry.mistakes} >= set(said["mistakes"])
    for wrong, told in said["mistakes"].items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", wrong)
        assert len(told["says"]) > 15 and END.search(told["says"]), wrong
        assert set(told) == {"says", "look"}
    groups = [] if is_question else list(dict.fromkeys(group for group, _ in cases(entry)))
    assert groups == list(said.get("cases", {}))
    assert all(wrong.group in (None, *groups) for wrong in entry.mistakes)
    assert ("picture" in said) == (getattr(entry, "drawn", None) is not None)


@every_entry
def test_every_mistake_leads_to_a_slide_that_exists(name):
    for wrong, told in texts.of_exercise(name)["mistakes"].items():
        number, _, cell_id = told["look"].partition("/")
        (path,) = [path for path in notebooks.lessons() if path.name.startswith(f"{int(number):02}-")]
        cells = {cell.id: cell for cell in notebooks.read(path).cells}
        look = texts.of_mistake(name, wrong)[1]
        if not cell_id:
            assert look == f"Look at lesson {number}."
            continue
        assert cells[cell_id].metadata.slideshow.slide_type in ("slide", "subslide"), told["look"]
        title = cells[cell_id].source.split("\n")[0].removeprefix("## ")
        assert look == f"Look at lesson {number}, slide “{title}”."


@every_lesson
def test_the_checks_of_a_lesson_import_from_no_other_lesson(number):
    source = (HELPERS / "check" / f"lesson{number}.py").read_text(encoding="utf-8")
    imports = [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    assert imports and not any("lesson" in module for module in imports)


@every_entry
def test_an_exercise_names_itself_and_at_least_three_mistakes(name):
    names = [wrong.name for wrong in ENTRIES[name].mistakes]
    assert ENTRIES[name].name == name
    assert len(names) == len(set(names)) >= 3 and all(wrong.answers for wrong in ENTRIES[name].mistakes)


def test_a_sentence_that_does_not_exist_or_lacks_a_value_is_an_error():
    with pytest.raises(KeyError):
        texts.say("input.nothing")
    with pytest.raises(KeyError):
        texts.say("input.not-a-tensor", name="X")
    with pytest.raises(KeyError):
        texts.of_exercise("no_such_exercise")


def test_without_the_notebooks_a_mistake_names_the_lesson_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(texts, "NOTEBOOKS", tmp_path)
    texts.slide_title.cache_clear()
    try:
        assert texts.of_mistake("attention_weights", "no-scaling")[1] == "Look at lesson 1."
    finally:
        texts.slide_title.cache_clear()


@pytest.mark.parametrize(
    "value, digits, shown",
    [
        (0, 3, "0"),
        (1e-12, 3, "0"),
        (3, 3, "3"),
        (0.1875, 3, "0.188"),
        (0.1875 - 1e-9, 3, "0.188"),  # what noise makes of it
        (-2.5, 3, "-2.5"),
        (1234.4, 3, "1234"),
        (999.7, 3, "1000"),
        (2.0**128, 3, "3.4e+38"),
        (float("inf"), 3, "inf"),
        (float("nan"), 3, "nan"),
        (1 / 3, 7, "0.3333333"),
    ],
)
def test_a_number_is_shown_in_few_digits(value, digits, shown):
    assert texts.short(value, digits) == shown
