"""Asking an API that is away for good ends in a sentence, not in a traceback."""

import pytest
import stamina.instrumentation

from runtime.broker.ports import free_port
from tidings.api_client import ApiClient, ApiUnhelpful


@pytest.fixture(autouse=True)
def _attempts_are_not_told():
    stamina.instrumentation.set_on_retry_hooks([])
    yield
    stamina.instrumentation.set_on_retry_hooks(None)


async def test_an_api_that_nobody_serves_is_told_with_what_to_do():
    async with ApiClient(f"http://127.0.0.1:{free_port()}", "a-key", patience_s=0.2) as api:
        with pytest.raises(ApiUnhelpful, match="`tidings doctor` says"):
            await api.get("/v1/freshness")
