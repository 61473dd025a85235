"""What is answered to a registration."""

from pydantic import Field

from api.answers.base import Body


class Registered(Body):
    """A registration that Kafka has acknowledged."""

    provider: str = Field(examples=["telesign"])
    connection: str = Field(examples=["main"])
    account: str = Field(examples=["default"])
    root_id: str = Field(examples=["35C8B5D509BC10689196FED2AD551B01"])
    message_id: str = Field(
        description="Ask for the message under this id.", examples=["019aa5a1-0000-7000-8000-000000000001"]
    )


class RegistrationsTaken(Body):
    """The registrations are durable; the store has them a moment later."""

    attempts: list[Registered]
