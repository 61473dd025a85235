"""The prepared HMAC is the standard library's, for keys and bodies of every length."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from providers._kit.mac import PreparedMac


@given(key=st.binary(max_size=200), bodies=st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_it_signs_as_the_standard_library_does(key, bodies):
    mac = PreparedMac(key)

    assert [mac.digest(body) for body in bodies] == [hmac.digest(key, body, "sha256") for body in bodies]
