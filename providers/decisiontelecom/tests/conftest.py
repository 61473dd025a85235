"""A connection that may call back and be called."""

import pytest

from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from providers._kit.rehearsal import Rehearsal
from providers.decisiontelecom import PROVIDER
from providers.decisiontelecom.settings import DecisionTelecomSettings

TOKEN = "0123456789abcdef-made-up"
BASE_URL = f"https://hooks.example.test/callbacks/decisiontelecom/main/{TOKEN}"


@pytest.fixture
def own():
    return DecisionTelecomSettings(tokens=[TOKEN], access_key="made-up-key")


@pytest.fixture
def rehearsal(own):
    return Rehearsal(PROVIDER, own)


@pytest.fixture
def make_request():
    def make(**members) -> SendRequest:
        usual = {
            "send_id": "7f1c-22",
            "channel": Channel.VIBER,
            "recipient": "+447700900123",
            "sender": "ExampleShop",
            "content": TextContent(text="Your parcel is here"),
            "callback_base_url": BASE_URL,
        }
        return SendRequest(**(usual | members))

    return make
