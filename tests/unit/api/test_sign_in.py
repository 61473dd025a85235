"""Who may see the pages: by a key or a link, from our own forms only, until they sign out."""

import pytest

from api.admission.keys import Scope
from api.admission.sign_ins import offer_sign_in
from tests.unit.api.rows import MESSAGE

FORM = {"content-type": "application/x-www-form-urlencoded"}
PERSON = {"accept": "text/html"}


def test_the_page_needs_a_sign_in(connect):
    assert connect().get("/").headers["location"] == "/sign-in"
    assert connect().get(f"/messages/{MESSAGE}", headers=PERSON).status_code == 401
    assert "Sign in" in connect().get(f"/messages/{MESSAGE}", headers=PERSON).text


def test_a_key_signs_in_with_a_cookie_that_nobody_else_can_use(connect, parts):
    _, text = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ])
    client = connect()
    answer = client.post("/sign-in", content=f"key={text}", headers=FORM)
    cookie = answer.headers["set-cookie"]

    assert answer.headers["location"] == "/"
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert text not in cookie
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_over_tls_the_cookie_stays_there(connect, parts, scheme, is_secure):
    _, text = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ])
    answer = connect().post(f"{scheme}://testserver/sign-in", content=f"key={text}", headers=FORM)

    assert ("Secure" in answer.headers["set-cookie"]) is is_secure


@pytest.mark.parametrize(
    "form", ["", "key=", "key=tidings_0_0", "key=%00", "key=%ff", "colour=red", "key=" + "x" * 9000]
)
def test_a_wrong_key_does_not_sign_in_and_says_so(connect, form):
    answer = connect().post("/sign-in", content=form, headers=FORM)

    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers


def test_a_key_that_may_not_read_does_not_sign_in(connect, parts):
    _, text = parts.ring.create(parts.clock, name="robot", scopes=[Scope.SEND])

    assert connect().post("/sign-in", content=f"key={text}", headers=FORM).status_code == 401


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        pytest.param({}, True, id="no browser"),
        pytest.param({"sec-fetch-site": "same-origin"}, True, id="our form"),
        pytest.param({"sec-fetch-site": "none"}, True, id="typed by a person"),
        pytest.param({"sec-fetch-site": "cross-site"}, False, id="a form elsewhere"),
        pytest.param({"sec-fetch-site": "same-site"}, False, id="a form next door"),
        pytest.param({"origin": "http://testserver"}, True, id="an older browser, our form"),
        pytest.param({"origin": "http://evil.example"}, False, id="an older browser, a form elsewhere"),
        pytest.param({"origin": "null"}, False, id="an older browser, a form from nowhere"),
    ],
)
@pytest.mark.parametrize("address", ["/sign-in", "/sign-out"])
def test_forms_are_taken_from_our_own_pages_only(connect, parts, address, headers, is_taken):
    _, text = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ])
    answer = connect().post(address, content=f"key={text}", headers=FORM | headers)

    assert answer.status_code == (303 if is_taken else 403)


def test_a_link_signs_in_once(connect, parts, tmp_path):
    key, _ = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ])
    link = offer_sign_in(tmp_path, key.id, parts.clock)
    first, second = connect(), connect()

    assert first.get(link).status_code == 200
    assert first.get("/").status_code == 200
    assert second.get(link).status_code == 401
    assert second.get("/").status_code == 303


def test_asking_for_the_head_of_a_link_does_not_use_it_up(connect, parts, tmp_path):
    key, _ = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ])
    link = offer_sign_in(tmp_path, key.id, parts.clock)

    assert connect().head(link).status_code == 405
    assert connect().get(link).status_code == 200


def test_signing_out_ends_the_session_everywhere(visitor, connect):
    session = visitor.cookies["tidings_session"]
    visitor.post("/sign-out")

    assert "Signed out." in visitor.get("/sign-in").text

    copied = connect()
    copied.cookies.set("tidings_session", session)

    assert copied.get("/").status_code == 303
