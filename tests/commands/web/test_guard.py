"""Who is answered by `gradtui serve`, and who is not."""

import pytest

from gradtui.commands.web.guard import Guard, host_name, names_of

TOKEN = "correct-horse"
GUARD = Guard(TOKEN, names_of("127.0.0.1"))
HERE = "127.0.0.1:8000"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": HERE},
        {"Host": "localhost:9000"},  # another port at this end of a tunnel
        {"Host": "[::1]:8000"},
        {"Host": HERE, "Origin": f"http://{HERE}"},
        {"Host": "localhost", "Origin": "https://localhost"},
    ],
)
def test_its_own_pages_are_answered(headers: dict[str, str]) -> None:
    assert GUARD.refusal(headers, TOKEN) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": ""},
        {"Host": "example.com:8000"},  # a name that was made to lead here
        {"Host": "127.0.0.1.example.com"},
        {"Host": "example.com@127.0.0.1"},
        {"Host": "127.0.0.1:port"},
        {"Host": "127.0.0.1/x"},
        {"Host": HERE, "Origin": "http://example.com"},
        {"Host": HERE, "Origin": "http://127.0.0.1:9000"},  # another server on this machine
        {"Host": HERE, "Origin": "null"},
        {"Host": HERE, "Origin": ""},
        {"Host": HERE, "Origin": f"file://{HERE}"},
    ],
)
def test_others_are_not_whatever_they_know(headers: dict[str, str]) -> None:
    assert GUARD.refusal(headers, TOKEN)


@pytest.mark.parametrize("given", ["", "correct-horsf", "correct", TOKEN + "x", "é", "\ud800"])
def test_the_token_is_asked_for(given: str) -> None:
    assert "token" in GUARD.refusal({"Host": HERE}, given)


def test_names_follow_from_where_it_listens() -> None:
    assert names_of("localhost") == names_of("[::1]") == {"127.0.0.1", "localhost", "::1"}
    assert names_of("Node7") == {"node7"}
    assert names_of("0.0.0.0") == names_of("::") == frozenset()
    anywhere = Guard(TOKEN, names_of("0.0.0.0"))
    assert anywhere.refusal({"Host": "node7:8000", "Origin": "http://node7:8000"}, TOKEN) == ""
    assert anywhere.refusal({"Host": "node7:8000", "Origin": "http://example.com"}, TOKEN)
    assert anywhere.refusal({"Host": "node7:8000"}, "")


def test_a_name_is_read_as_a_browser_reads_it() -> None:
    assert host_name("LocalHost:80") == "localhost"
    assert host_name("[::1]") == "::1"
    assert host_name("a:99999") is None
    assert host_name("[::1") is None
    for odd in ("a\nb", "a;b", "a b", "a'b", 'a"b', "<b>", "é", "a/b", "a@b", "x" * 301):
        assert host_name(odd) is None
