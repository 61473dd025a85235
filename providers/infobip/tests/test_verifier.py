import hashlib
import hmac
from base64 import b64encode

import pytest

from contracts.errors import ConfigurationInvalid, SignatureInvalid
from providers._kit.provider import CallbackRequest
from providers.infobip.settings import InfobipSettings
from providers.infobip.verifier import credentials, make_verifier
from runtime.settings import Connection

BASIC = {"username": "ib-hook", "passwords": ["new one", "old:one"]}
HEADER = {"header_name": "X-Hook-Secret", "header_secrets": ["s3cret", "older"]}
HMAC = {"hmac_header": "X-Signature", "hmac_keys": ["key-1", "key-2"]}
BODY = b'{"results":[]}'


def settings_of(**own):
    return InfobipSettings.of(Connection(provider="infobip", name="main", **own))


def request(body=BODY, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CallbackRequest("POST", "https://hooks.example.test/callbacks/infobip/main", named, body)


def basic(text: bytes, scheme="Basic"):
    return request(authorization=f"{scheme} {b64encode(text).decode()}")


@pytest.mark.parametrize(
    ("own", "found"),
    [
        pytest.param({}, "none", id="none"),
        pytest.param(BASIC | HEADER, "basic and header", id="two at once"),
        pytest.param(BASIC | HMAC, "basic and hmac", id="two others at once"),
        pytest.param(BASIC | {"header_name": "X-Hook-Secret"}, "basic and header", id="one and half of another"),
    ],
)
def test_exactly_one_scheme_has_to_be_set(own, found):
    with pytest.raises(ConfigurationInvalid, match=f"set exactly one of .*; found {found}$"):
        settings_of(**own)


@pytest.mark.parametrize(
    "own",
    [
        pytest.param({"username": "ib-hook"}, id="a name without a password"),
        pytest.param({"passwords": ["p"]}, id="a password without a name"),
        pytest.param({"header_name": "X-Hook-Secret"}, id="a header without secrets"),
        pytest.param({"hmac_header": "X-Signature"}, id="a signature without keys"),
        pytest.param({"username": "ib-hook", "passwords": [""]}, id="an empty password"),
        pytest.param({"username": "ib:hook", "passwords": ["p"]}, id="a colon in the name"),
        pytest.param(HMAC | {"hmac_algorithm": "crc32"}, id="an algorithm that is none"),
        pytest.param(HMAC | {"hmac_encoding": "octal"}, id="an encoding that is none"),
        pytest.param(HEADER | {"header_name": "X Hook"}, id="a header name that is none"),
        pytest.param(BASIC | {"pasword": "p"}, id="a member that is none"),
    ],
)
def test_a_scheme_has_to_be_set_whole_and_rightly(own):
    with pytest.raises(ConfigurationInvalid, match="connection infobip/main"):
        settings_of(**own)


def test_secrets_do_not_show():
    assert "s3cret" not in repr(settings_of(**HEADER))


@pytest.mark.parametrize("own", [BASIC, HEADER, HMAC, HMAC | {"hmac_prefix": "v1=", "hmac_encoding": "base64"}])
def test_what_the_provider_would_send_passes(own):
    settings = settings_of(**own)
    headers = credentials(settings, BODY)

    assert make_verifier(settings)(CallbackRequest("POST", "https://hooks.example.test/", headers, BODY)) is None


@pytest.mark.parametrize("text", [b"ib-hook:new one", b"ib-hook:old:one"])
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC "])
def test_both_passwords_pass_while_they_rotate(text, scheme):
    assert make_verifier(settings_of(**BASIC))(basic(text, scheme)) is None


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(request(), id="no header"),
        pytest.param(request(authorization=""), id="an empty header"),
        pytest.param(request(authorization="Basic"), id="the scheme alone"),
        pytest.param(request(authorization="Basic ???"), id="not base64"),
        pytest.param(request(authorization="Basic aWI"), id="base64 without its padding"),
        pytest.param(request(authorization="Basic \udcff\u00e9"), id="outside ASCII"),
        pytest.param(request(authorization="Bearer aWItaG9vazpuZXcgb25l"), id="another scheme"),
        pytest.param(basic(b"ib-hook"), id="no colon"),
        pytest.param(basic(b":"), id="only a colon"),
        pytest.param(basic(b"ib-hook:wrong"), id="another password"),
        pytest.param(basic(b"IB-hook:new one"), id="another name"),
        pytest.param(basic(b"ib-hook:new one\x00"), id="something behind it"),
        pytest.param(basic(b"\xff\xfe:\x00"), id="bytes that are no text"),
    ],
)
def test_other_basic_credentials_are_refused(bad):
    with pytest.raises(SignatureInvalid):
        make_verifier(settings_of(**BASIC))(bad)


def test_a_secret_header_passes_with_either_secret():
    verify = make_verifier(settings_of(**HEADER))

    assert verify(request(x_hook_secret="s3cret")) is None
    assert verify(request(x_hook_secret="older")) is None


@pytest.mark.parametrize("value", ["", "S3cret", "s3cre", "s3cret ", "s3cr\u00e9t", "\udcff"])
def test_other_secrets_in_the_header_are_refused(value):
    with pytest.raises(SignatureInvalid):
        make_verifier(settings_of(**HEADER))(request(x_hook_secret=value))


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("key", [b"key-1", b"key-2"])
@pytest.mark.parametrize("prefix", ["", "sha="])
def test_a_signature_over_the_raw_body_passes(algorithm, key, prefix):
    digest = hmac.new(key, BODY, getattr(hashlib, algorithm))
    in_hex = make_verifier(settings_of(**HMAC, hmac_algorithm=algorithm, hmac_prefix=prefix))
    in_base64 = make_verifier(settings_of(**HMAC, hmac_algorithm=algorithm, hmac_prefix=prefix, hmac_encoding="base64"))

    assert in_hex(request(x_signature=prefix + digest.hexdigest())) is None
    assert in_hex(request(x_signature=prefix + digest.hexdigest().upper())) is None
    assert in_base64(request(x_signature=prefix + b64encode(digest.digest()).decode())) is None


SIGNED = hmac.new(b"key-1", BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(request(), id="no header"),
        pytest.param(request(x_signature=SIGNED), id="without the prefix"),
        pytest.param(request(x_signature="v1="), id="the prefix alone"),
        pytest.param(request(x_signature="v1=" + SIGNED[:-1]), id="cut by one"),
        pytest.param(request(x_signature="v1=" + SIGNED[:-2]), id="cut by two"),
        pytest.param(request(x_signature="v1=" + SIGNED[::-1]), id="turned round"),
        pytest.param(request(x_signature="v1=" + "\u0661" * 64), id="digits of another script"),
        pytest.param(request(b'{"results": []}', x_signature="v1=" + SIGNED), id="over other bytes"),
    ],
)
def test_other_signatures_are_refused(bad):
    with pytest.raises(SignatureInvalid):
        make_verifier(settings_of(**HMAC, hmac_prefix="v1="))(bad)
