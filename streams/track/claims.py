"""A report that carries the id of one of our sends says whose attempt it is, whether or not that was registered.

What came of a send may be in doubt, and then nobody can register it: the id that its provider gave is not known. The
first report that tells both ids ends the doubt.
"""

from contracts.plans import message_of
from contracts.records import AttemptRegistered, DeliveryReport


def claim_in(report: DeliveryReport) -> AttemptRegistered | None:
    """The registration that the report stands for; null when it carries no id of a send of ours."""
    message_id = message_of(report.external_id)
    if message_id is None:
        return None
    return AttemptRegistered(
        provider=report.provider,
        connection=report.connection,
        account=report.account,
        root_id=report.root_id,
        registered_at=report.received_at,
        message_id=message_id,
        external_id=report.external_id,
    )
