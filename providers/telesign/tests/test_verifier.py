import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.errors import ConfigurationInvalid, SignatureInvalid
from providers._kit.provider import CallbackRequest
from providers.telesign.settings import TelesignSettings
from providers.telesign.verifier import TelesignVerifier, sign
from runtime.settings import Connection

CUSTOMER = "00000000-1111-2222-3333-444455556666"
OLD, NEW, FOREIGN = (base64.b64encode(name * 8).decode() for name in (b"old-", b"new-", b"not-"))
BODY = b'{"reference_id":"A1","status":{"code":3000}}'

verify = TelesignVerifier(TelesignSettings.model_validate({"customer_id": CUSTOMER, "api_keys": [OLD, NEW]}))


def signature(key: str = NEW, body: bytes = BODY) -> str:
    return sign(base64.b64decode(key), body).decode()


def request(body: bytes = BODY, **headers: str) -> CallbackRequest:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return CallbackRequest(
        method="POST", url="https://tidings.example/callbacks/telesign/main", headers=names, body=body
    )


GOOD = signature()
TSA = f"TSA {CUSTOMER}:{GOOD}"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"authorization": TSA}, id="Authorization"),
        pytest.param({"x_ts_authorization": TSA}, id="X-TS-Authorization"),
        pytest.param({"x_ts_authorization": GOOD}, id="X-TS-Authorization with the bare signature"),
        pytest.param({"authorization": TSA, "x_ts_authorization": GOOD}, id="both"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:{signature(OLD)}"}, id="the key that is being rotated out"),
        pytest.param({"authorization": f"tsa  {CUSTOMER.upper()}:{GOOD} "}, id="scheme and id in any case"),
        pytest.param({"authorization": "Basic cHJveHk6cHJveHk=", "x_ts_authorization": TSA}, id="a proxy's own login"),
        pytest.param({"authorization": TSA, "x_ts_authorization": "garbage"}, id="one good header is enough"),
    ],
)
def test_a_signed_body_is_let_in(headers):
    verify(request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no header"),
        pytest.param({"authorization": ""}, id="an empty header"),
        pytest.param({"authorization": GOOD}, id="Authorization without scheme and account"),
        pytest.param({"authorization": f"Basic {CUSTOMER}:{GOOD}"}, id="another scheme"),
        pytest.param({"authorization": f"TSA {GOOD}"}, id="no account"),
        pytest.param({"authorization": f"TSA {CUSTOMER}"}, id="no signature"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:"}, id="an empty signature"),
        pytest.param({"authorization": f"TSA :{GOOD}"}, id="an empty account"),
        pytest.param({"authorization": f"TSA {CUSTOMER[:-1]}7:{GOOD}"}, id="another account"),
        pytest.param({"x_ts_authorization": f"TSA {CUSTOMER[:-1]}7:{GOOD}"}, id="another account, second header"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:{signature(FOREIGN)}"}, id="a key of somebody else"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:{GOOD[:-2]}A="}, id="one character changed"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:{GOOD.rstrip('=')}"}, id="without its padding"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:{GOOD}{GOOD}"}, id="twice in one header"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:{GOOD}\x00"}, id="a NUL behind it"),
        pytest.param({"authorization": f"TSA {CUSTOMER}:{'é' * 44}"}, id="no ASCII"),
        pytest.param({"authorization": "T" * 100_000}, id="a very long header"),
        pytest.param({"x_authorization": TSA}, id="a header of another name"),
    ],
)
def test_anything_else_is_refused(headers):
    with pytest.raises(SignatureInvalid):
        verify(request(**headers))


def test_the_key_is_decoded_before_it_signs():
    undecoded = sign(NEW.encode(), BODY).decode()

    with pytest.raises(SignatureInvalid):
        verify(request(authorization=f"TSA {CUSTOMER}:{undecoded}"))


def test_another_spelling_of_the_same_signature_is_refused():
    # The last character of 32 bytes in base64 carries two bits that decode to nothing.
    twin = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    spelling = GOOD[:-2] + twin[twin.index(GOOD[-2]) ^ 1] + "="

    assert base64.b64decode(spelling) == base64.b64decode(GOOD)
    with pytest.raises(SignatureInvalid):
        verify(request(authorization=f"TSA {CUSTOMER}:{spelling}"))


def test_the_bytes_are_signed_and_not_what_they_mean():
    with pytest.raises(SignatureInvalid):
        verify(request(BODY.replace(b":", b": "), authorization=TSA))


@given(place=st.integers(0, len(BODY) - 1), byte=st.integers(1, 255))
def test_a_changed_byte_is_never_let_in(place, byte):
    changed = bytearray(BODY)
    changed[place] ^= byte

    with pytest.raises(SignatureInvalid):
        verify(request(bytes(changed), authorization=TSA, x_ts_authorization=GOOD))


@given(header=st.text(max_size=120))
def test_a_made_up_header_is_never_let_in(header):
    with pytest.raises(SignatureInvalid):
        verify(request(authorization=header, x_ts_authorization=header))


@pytest.mark.parametrize(
    "own",
    [
        pytest.param({"customer_id": CUSTOMER}, id="no keys"),
        pytest.param({"customer_id": CUSTOMER, "api_keys": []}, id="an empty list of keys"),
        pytest.param({"customer_id": CUSTOMER, "api_keys": [""]}, id="an empty key"),
        pytest.param({"customer_id": CUSTOMER, "api_keys": ["not base64!"]}, id="a key that is not base64"),
        pytest.param({"customer_id": CUSTOMER, "api_keys": ["QUJD*"]}, id="a key with a stray character"),
        pytest.param({"customer_id": "", "api_keys": [NEW]}, id="no account"),
        pytest.param({"api_keys": [NEW]}, id="the account left out"),
        pytest.param({"customer_id": CUSTOMER, "api_keys": [NEW], "unsigned": True}, id="a member nobody knows"),
    ],
)
def test_a_connection_that_could_let_anybody_in_is_refused(own):
    with pytest.raises(ValidationError):
        TelesignSettings.model_validate(own)


def test_an_error_in_a_key_does_not_show_the_key():
    connection = Connection.model_validate(
        {"provider": "telesign", "name": "main", "customer_id": CUSTOMER, "api_keys": ["secret but not base64"]}
    )

    with pytest.raises(ConfigurationInvalid) as refused:
        TelesignSettings.of(connection)

    assert "api_keys.0" in str(refused.value)
    assert "secret but" not in str(refused.value)
