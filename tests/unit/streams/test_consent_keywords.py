"""Which texts are keywords, and which only have one in them."""

import pytest

from contracts.errors import ConfigurationInvalid
from streams.consent import keywords
from streams.consent.keywords import find_keyword, load_keywords, normalised

KEYWORDS = load_keywords()


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        pytest.param("STOP", "STOP", id="as it stands"),
        pytest.param("stop", "STOP", id="in small letters"),
        pytest.param("  Stop.\r\n", "STOP", id="blanks and punctuation around"),
        pytest.param('"STOP"!!!', "STOP", id="in quotation marks"),
        pytest.param("S.T.O.P", "STOP", id="dots between"),
        pytest.param("STOP 🛑", "STOP", id="with a picture"),
        pytest.param("\ufeffSTOP\u200b", "STOP", id="with what is not seen"),
        pytest.param("\uff33\uff34\uff2f\uff30", "STOP", id="in wide letters"),
        pytest.param("stop\nall", "STOP ALL", id="over two lines"),
        pytest.param("un-stop", "UNSTOP", id="with a hyphen"),
        pytest.param("Arrêt", "ARRET", id="with its accent"),
        pytest.param("arre\u0302t", "ARRET", id="with its accent as a letter of its own"),
        pytest.param("стоп", "СТОП", id="Cyrillic"),
        pytest.param("Відписатись", "ВІДПИСАТИСЬ", id="Ukrainian"),
        pytest.param("Διακοπή", "ΔΙΑΚΟΠΗ", id="Greek with its accent"),
        pytest.param("İptal", "IPTAL", id="Turkish with its dot"),
        pytest.param("baja", "BAJA", id="Spanish"),
        pytest.param("START", "START", id="to come back"),
        pytest.param("please stop", None, id="a word in a sentence"),
        pytest.param("don't stop", None, id="which may say the opposite"),
        pytest.param("stopping by on Monday", None, id="a longer word"),
        pytest.param("YES", None, id="an answer to a question"),
        pytest.param("STOP" + "!" * 100, None, id="longer than any keyword"),
        pytest.param("", None, id="nothing"),
        pytest.param("!?", None, id="nothing but punctuation"),
        pytest.param(None, None, id="no text"),
    ],
)
def test_a_keyword_is_the_whole_text(text, keyword):
    found = find_keyword(KEYWORDS, text)

    assert (found and found.keyword) == keyword


@pytest.mark.parametrize("name", KEYWORDS)
def test_every_keyword_is_found_by_its_own_spelling(name):
    assert find_keyword(KEYWORDS, KEYWORDS[name].keyword) is KEYWORDS[name]
    assert normalised(name) == name


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("STOP,stop,sender,en,", id="without a source"),
        pytest.param("STOP,stop,sender,,somewhere", id="without a language"),
        pytest.param("STOP,halt,sender,en,somewhere", id="of no kind"),
        pytest.param("STOP,stop,planet,en,somewhere", id="of no scope"),
        pytest.param("STOP,stop,sender,en,x\nstop,stop,sender,en,x", id="twice"),
    ],
)
def test_a_list_that_is_wrong_is_refused_with_its_line(row, tmp_path, monkeypatch):
    (tmp_path / "keywords.csv").write_text(f"keyword,kind,scope,language,source\n{row}\n", "utf-8")
    monkeypatch.setattr(keywords, "files", lambda _package: tmp_path)

    with pytest.raises(ConfigurationInvalid, match=r"line \d"):
        load_keywords()
