"""Whatever a file holds, reading it gives a Scenario or a ScenarioError of one line."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gradtui.core.errors import ScenarioError
from gradtui.lab.scenario.overlay import TABLES, treated
from gradtui.lab.scenario.parse import parse_scenario
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy
from gradtui.lab.scenario.values import documented

WORDS = sorted(
    {
        word
        for cls in TABLES.values()
        for item in documented(cls)
        for word in item.metadata.get("allowed", ())
    }
)
KEYS = sorted({item.name for cls in TABLES.values() for item in documented(cls)})
TOP = [item.name for item in documented(Scenario)]

literals = st.one_of(
    st.sampled_from([*WORDS, "none", "healthy"]).map(lambda word: f'"{word}"'),
    st.integers(-3, 5000).map(str),
    st.integers().map(str),
    st.floats().map(lambda x: repr(x).replace("infinity", "inf")),
    st.booleans().map(lambda x: str(x).lower()),
    st.sampled_from(["[]", "[1, 2]", "{}", "{ a = 1 }", "2026-01-01", "00:00:01", '"\\u001b"']),
)
keys = st.sampled_from([*KEYS, *TOP, "zzz", '""', '"\\u202e"'])
pairs = st.dictionaries(keys, literals, max_size=4)


def lines(table: dict[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in table.items())


@st.composite
def documents(draw: st.DrawFn) -> str:
    source = 'title = "t"\nexpect = "healthy"\n'
    top = draw(st.dictionaries(st.sampled_from([*TOP[4:], "zzz"]), literals, max_size=2))
    source += lines(top)
    for table in draw(st.lists(st.sampled_from([*TABLES, "zzz"]), unique=True, max_size=3)):
        own = [item.name for item in documented(TABLES.get(table, ScenarioRemedy))]
        values = draw(st.dictionaries(st.sampled_from(own), literals, max_size=3) | pairs)
        source += f"[{table}]\n{lines(values)}"
    if draw(st.booleans()):
        table = draw(st.sampled_from(list(TABLES)))
        source += f"[[remedy]]\ntitle = 'r'\n[remedy.set.{table}]\n{lines(draw(pairs))}"
    return source


def read(source: str) -> Scenario | None:
    try:
        return parse_scenario(source, "net")
    except ScenarioError as error:
        words = str(error)
    assert words.isprintable()
    assert len(words) < 1000
    return None


@given(documents())
def test_documents_of_known_and_unknown_keys(source: str) -> None:
    scenario = read(source)
    if scenario is not None:
        for index in range(len(scenario.remedies)):
            assert treated(scenario, (index,)) != scenario.setup


@given(st.text())
def test_any_text(source: str) -> None:
    read(source)


@given(st.sampled_from(KEYS), literals)
def test_any_value_of_any_key(key: str, literal: str) -> None:
    for table, cls in TABLES.items():
        if key not in {item.name for item in documented(cls)}:
            continue
        scenario = read(f'title = "t"\nexpect = "healthy"\n[{table}]\n{key} = {literal}\n')
        if scenario is not None:
            value = getattr(getattr(scenario.setup, table), key)
            assert replace(getattr(scenario.setup, table), **{key: value})
