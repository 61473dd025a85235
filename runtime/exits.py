"""How a process ends, as a number for scripts, supervisors and orchestrators."""

from enum import IntEnum

from contracts.errors import BrokerUnavailable, ConfigurationInvalid


class Exit(IntEnum):
    """What the exit status means."""

    DONE = 0
    FAILED = 1
    """It did not work, or what was checked is not as it should be."""
    CONFIGURATION = 2
    """A setting, an option or an argument is wrong."""
    NO_BROKER = 3
    """No Kafka answers, and none could be started."""


def exit_of(error: BaseException) -> Exit:
    """The status that tells `error` to a script."""
    match error:
        case ConfigurationInvalid():
            return Exit.CONFIGURATION
        case BrokerUnavailable():
            return Exit.NO_BROKER
        case _:
            return Exit.FAILED
