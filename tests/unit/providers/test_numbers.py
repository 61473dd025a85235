from decimal import Decimal

import pytest

from providers._kit.numbers import as_decimal


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        pytest.param("0.01", Decimal("0.01"), id="text"),
        pytest.param("0.030", Decimal("0.030"), id="with its zeros"),
        pytest.param(5, Decimal(5), id="a whole number"),
        pytest.param("-0.5", Decimal("-0.5"), id="a refund"),
        pytest.param(" 1 ", Decimal(1), id="with spaces around"),
        pytest.param("5.0E-4", Decimal("0.00050"), id="a small amount as Java writes it"),
        pytest.param("1E+99", None, id="no amount has such an exponent"),
        pytest.param("9" * 13, None, id="too many digits"),
        pytest.param("0." + "1" * 13, None, id="too many digits behind the point"),
        pytest.param("free", None, id="a word"),
        pytest.param("NaN", None, id="not a number"),
        pytest.param("", None, id="nothing"),
        pytest.param(None, None, id="null"),
        pytest.param(True, None, id="a boolean"),
        pytest.param(["1"], None, id="a list"),
    ],
)
def test_amounts(value, amount):
    assert as_decimal(value) == amount
    assert str(as_decimal(value)) == str(amount)
