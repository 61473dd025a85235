"""A send as the JSON that Infobip takes, checked against its rules before anything leaves."""

from datetime import datetime, timedelta

from contracts.errors import RequestInvalid
from contracts.sends import AnyContent, FileContent, ImageContent, SendRequest, TemplateContent, TextContent
from contracts.vocabulary import Channel
from providers._kit.options import read_options
from providers._kit.sending import callback_address
from providers.infobip.apis import ChannelApi
from providers.infobip.bot_contents import bot_content
from providers.infobip.contents import sms_content, viber_content
from providers.infobip.limits import MAX_CAMPAIGN, MAX_DAYS_AHEAD, MAX_MESSAGE_ID, fits, number, validity
from providers.infobip.options import InfobipOptions, Json

_LABELS = frozenset({"PROMOTIONAL", "TRANSACTIONAL"})
_FOREIGN = {
    Channel.VIBER: frozenset({"sender_display_info", "keyboard", "flash", "transliteration", "language"}),
    Channel.VIBER_BOT: frozenset(
        {
            *("to_primary_device_only", "activation_check", "show_image_in_full_screen", "list_options", "tracking"),
            *("flash", "transliteration", "language"),
        }
    ),
    Channel.SMS: frozenset(
        {
            *("to_primary_device_only", "activation_check", "show_image_in_full_screen", "list_options"),
            *("sender_display_info", "keyboard", "sms_failover"),
        }
    ),
}
"""The options that a channel's API has no place for."""


def envelope(api: ChannelApi, request: SendRequest, now: datetime) -> Json:
    """One call with one message; raises `RequestInvalid` naming the member and the rule."""
    body: Json = {"messages": [message(api, request)]}
    if options := _of_the_call(api, request, now):
        body["options"] = options
    return body


def message(api: ChannelApi, request: SendRequest) -> Json:
    """One message to one recipient; raises `RequestInvalid` naming the member and the rule."""
    own = read_options(InfobipOptions, request.own)
    _refuse_foreign(api, request, own)
    written: Json = {
        "sender": fits("sender", request.sender, most=200),
        "destinations": [
            {"to": _recipient(api, request), "messageId": fits("send_id", request.send_id, most=MAX_MESSAGE_ID)}
        ],
        "content": _content(api.channel, request.content, own),
    }
    if options := _options(api, request, own):
        written["options"] = options
    return written | {"webhooks": _webhooks(api, request, own)}


def written_instant(moment: datetime) -> str:
    """As Infobip writes and reads it: milliseconds, and an offset without a colon."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"


def _refuse_foreign(api: ChannelApi, request: SendRequest, own: InfobipOptions) -> None:
    if foreign := own.begun() & _FOREIGN[api.channel]:
        raise RequestInvalid(f"own.{min(foreign)}: {api.title} has no such option")
    if request.label is not None and api.channel is not Channel.VIBER:
        raise RequestInvalid(f"label: {api.title} has none")
    if request.is_session and api.channel is Channel.SMS:
        raise RequestInvalid("is_session: SMS has no sessions")


def _recipient(api: ChannelApi, request: SendRequest) -> str:
    if api.channel is Channel.VIBER_BOT:
        return fits("recipient", request.recipient.removeprefix("+"), most=200)
    return number(request.recipient)


def _content(channel: Channel, content: AnyContent, own: InfobipOptions) -> Json:
    if own.list_options and not isinstance(content, TextContent):
        raise RequestInvalid("own.list_options stand below a text only")
    if own.show_image_in_full_screen is not None and not isinstance(content, ImageContent):
        raise RequestInvalid("own.show_image_in_full_screen is for an image only")
    match channel:
        case Channel.VIBER:
            return viber_content(content, own)
        case Channel.VIBER_BOT:
            return bot_content(content, own)
        case _:
            return sms_content(content, own)


def _options(api: ChannelApi, request: SendRequest, own: InfobipOptions) -> Json:
    options: Json = {}
    if own.platform:
        options["platform"] = own.platform.wire()
    if request.validity_s is not None:
        options["validityPeriod"] = validity(request.validity_s)
    if own.delivery_time_window:
        options["deliveryTimeWindow"] = own.delivery_time_window.wire()
    if request.campaign is not None:
        options["campaignReferenceId"] = fits("campaign", request.campaign, most=MAX_CAMPAIGN)
    if own.sms_failover:
        options["smsFailover"] = _failover(api, request, own)
    if own.flash is not None:
        options["flash"] = own.flash
    return options | (_viber_options(request, own) if api.channel is Channel.VIBER else {})


def _failover(api: ChannelApi, request: SendRequest, own: InfobipOptions) -> Json:
    failover = own.sms_failover
    if failover is None:
        return {}
    written = failover.wire()
    if failover.validity_s is not None:
        written["validityPeriod"] = validity(failover.validity_s, member="own.sms_failover.validity_s")
    is_bot = api.channel is Channel.VIBER_BOT
    if is_bot != (failover.recipient is not None):
        raise RequestInvalid("own.sms_failover.recipient is the phone of a bot's user; needed there, and only there")
    if failover.recipient is not None:
        pair = {"initial": _recipient(api, request), "failover": failover.recipient.removeprefix("+")}
        written["destinationMatching"] = [pair]
    return written


def _viber_options(request: SendRequest, own: InfobipOptions) -> Json:
    options: Json = {}
    if request.label is not None:
        if (label := request.label.upper()) not in _LABELS:
            raise RequestInvalid("label is promotional or transactional")
        options["label"] = label
    if request.reply_id is not None:
        options["trackingData"] = _tracking_data(request, own)
    if own.to_primary_device_only is not None:
        options["toPrimaryDeviceOnly"] = own.to_primary_device_only
    if own.activation_check is not None:
        _check_activation(request, own)
        options["activationCheck"] = own.activation_check
    if request.is_session:
        _check_session(request, own)
        options["applySessionRate"] = True
    return options


def _tracking_data(request: SendRequest, own: InfobipOptions) -> str:
    if isinstance(request.content, TemplateContent) or own.to_primary_device_only or own.activation_check:
        raise RequestInvalid(
            "reply_id travels as trackingData, which a template, own.to_primary_device_only and own.activation_check"
            " do not allow"
        )
    return fits("reply_id", request.reply_id, most=100)


def _check_activation(request: SendRequest, own: InfobipOptions) -> None:
    if own.activation_check and not (isinstance(request.content, TextContent) and request.content.button is None):
        raise RequestInvalid("own.activation_check is for a text without a button")


def _check_session(request: SendRequest, own: InfobipOptions) -> None:
    content = request.content
    is_alone = (isinstance(content, TextContent) and content.button is None and not own.list_options) or (
        isinstance(content, ImageContent) and content.text is None and content.button is None
    )
    if not (is_alone or isinstance(content, FileContent)):
        raise RequestInvalid("is_session: the session rate is for a text alone, an image alone or a file")
    if own.to_primary_device_only or own.activation_check:
        raise RequestInvalid(
            "is_session: no session rate together with own.to_primary_device_only or own.activation_check"
        )


def _webhooks(api: ChannelApi, request: SendRequest, own: InfobipOptions) -> Json:
    delivery: Json = {}
    # The SMS of a failover is reported to the same address without a word about its channel.
    if address := callback_address(request, "failover" if own.sms_failover else api.hint):
        delivery["url"] = address
    if own.intermediate_reports is not None:
        delivery["intermediateReport"] = own.intermediate_reports
    if own.notify is not None:
        delivery["notify"] = own.notify
    if own.sms_failover:
        # Without it the failed first step is never reported.
        delivery["receiveTriggeredFailoverReports"] = True
    webhooks: Json = {"contentType": "application/json"} | ({"delivery": delivery} if delivery else {})
    if api.channel is not Channel.SMS and (address := callback_address(request, f"{api.hint}/seen")):
        webhooks["seen"] = {"url": address}
    return webhooks | _callback_data(api, request, own)


def _callback_data(api: ChannelApi, request: SendRequest, own: InfobipOptions) -> Json:
    # A reply brings it back on the channels that have no trackingData.
    by_reply = None if api.channel is Channel.VIBER else request.reply_id
    data = own.callback_data or by_reply or request.message_id
    return {} if data is None else {"callbackData": fits("callback_data", data, most=4000)}


def _of_the_call(api: ChannelApi, request: SendRequest, now: datetime) -> Json:
    """What stands beside the message."""
    own = read_options(InfobipOptions, request.own)
    schedule: Json = {} if own.bulk_id is None else {"bulkId": own.bulk_id}
    if request.scheduled_at is not None:
        if request.scheduled_at > now + timedelta(days=MAX_DAYS_AHEAD):
            raise RequestInvalid(f"scheduled_at is at most {MAX_DAYS_AHEAD} days ahead")
        schedule["sendAt"] = written_instant(request.scheduled_at)
    if own.sending_speed_limit:
        schedule["sendingSpeedLimit"] = own.sending_speed_limit.wire()
    options: Json = {"schedule": schedule} if schedule else {}
    if own.tracking:
        options["tracking"] = _clicks(api, request, own.tracking.wire())
    if api.channel is Channel.SMS:
        options["includeSmsCountInResponse"] = True
    return options


def _clicks(api: ChannelApi, request: SendRequest, tracking: Json) -> Json:
    address = callback_address(request, f"{api.hint}/clicks")
    return ({"trackingUrl": address} if address else {}) | tracking
