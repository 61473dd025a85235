"""What a provider says of a refusal, as it gets into errors and logs."""

import pytest

from contracts.errors import SendInDoubt
from providers._kit.refused import Refusal, RefusalTable

TABLE = RefusalTable([Refusal("7", 500, SendInDoubt, "it broke", "https://provider.example/errors")])


@pytest.mark.parametrize("code", [pytest.param("7", id="of a known code"), pytest.param("8", id="of an unknown one")])
def test_the_words_of_a_provider_hold_nobodys_number(code):
    error = TABLE.error("cannot reach +447700900123 on 3 routes", code=code, http_status=500)

    assert str(error).endswith("cannot reach +… on 3 routes")


def test_the_words_of_a_provider_are_bounded():
    error = TABLE.error("no " * 100_000, http_status=500)

    assert len(str(error)) == 1000
