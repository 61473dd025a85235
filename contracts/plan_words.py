"""A decision said aloud, with what it rests on."""

from datetime import datetime
from types import MappingProxyType

from contracts.plans import Because, Decision, DecisionMade, Facts
from contracts.vocabulary import Channel

_NAMES = MappingProxyType({Channel.SMS: "SMS", Channel.MMS: "MMS", Channel.RCS: "RCS", Channel.WHATSAPP: "WhatsApp"})

_DONE = MappingProxyType(
    {
        Decision.SEND: "{channel} sent at {at}",
        Decision.WAIT: "{channel} put off at {at} until {until}",
        Decision.SKIP: "{channel} skipped at {at}",
        Decision.STOP: "Nothing more is sent since {at}",
        Decision.HOLD: "{channel} held for a person at {at}",
        Decision.REFUSE: "{channel} not sent at {at}",
        Decision.SILENT: "No fallback of ours since {at}",
        Decision.CANCELLED: "Cancelled at {at}",
        Decision.DOUBLE_DELIVERY: "Delivered twice, as known at {at},",
        Decision.EXPIRED: "Given up at {at}",
    }
)

_WHY = MappingProxyType(
    {
        Because.FIRST_STEP: "it is the first step",
        Because.ENDED_BADLY: "{way} reported {what} at {since}",
        Because.NOT_TAKEN: "{way} was not taken, {what}, at {since}",
        Because.NOT_SENT_IN_TIME: "{way} had not left at {since}",
        Because.NO_SUCCESS_IN_TIME: "{way}, taken at {since}, did not succeed in its time",
        Because.IN_DOUBT: "nobody knows whether {way} was taken, {what}, at {since}",
        Because.OUTCOME_MISSING: "what came of {way}, commanded at {since}, was not told",
        Because.CONNECTION_ILL: "its connection is ill",
        Because.ARRIVED: "{way} reported {what} at {since}",
        Because.NO_OTHER_WAY_HELPS: "{way} ended with {what} at {since}, which no other way cures",
        Because.NO_STEP_LEFT: "{way} was the last step and did not succeed, {what}, at {since}",
        Because.QUIET_HOURS: "these are quiet hours where the recipient is",
        Because.TOO_LATE: "the last time to send would have passed",
        Because.OPTED_OUT: "the recipient wants no messages",
        Because.BUDGET_SPENT: "the budget is spent",
        Because.NO_CONTENT: "the step has no content",
        Because.PROVIDER_CASCADES: "the provider of {way} goes on to other channels itself",
        Because.BY_REQUEST: "somebody asked for it",
        Because.EARLIER_ARRIVED: "{way} reported {what} at {since} although a later send was taken",
        Because.NOBODY_RESOLVED: "nobody resolved the doubt about {way}",
    }
)


def words_of(made: DecisionMade) -> str:
    """The decision as a sentence: `SMS sent at 10:05:00 because Viber reported expired (3056) at 10:04:58; plan v3`."""
    done = _DONE[made.decision].format(
        channel=_name(made.channel), at=_clock(made.decided_at), until=_clock(made.until, far=True)
    )
    facts = made.facts
    why = _WHY[made.because].format(
        way=_name(facts.channel if facts else made.channel),
        what=_what(facts) if facts else "",
        since=_clock(facts.at) if facts else "",
    )
    return f"{done} because {why}; {made.policy or 'plan'} v{made.version}"


def _name(channel: Channel) -> str:
    return _NAMES.get(channel) or channel.value.replace("_", " ").capitalize()


def _what(facts: Facts) -> str:
    said = facts.error or (facts.status.value if facts.status else "nothing told")
    return f"{said} ({facts.provider_code})" if facts.provider_code else said


def _clock(moment: datetime | None, *, far: bool = False) -> str:
    if moment is None:
        return "an unknown time"
    return moment.strftime("%Y-%m-%d %H:%M:%S" if far else "%H:%M:%S")
