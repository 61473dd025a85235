"""Telesign's own words, and the only place that spells them.

The models are tolerant to the last: every member may be missing or of any type, because one odd member must not cost
the report; the reading helpers take the values from here. They are msgspec structs and not pydantic models because
those cost 2.5 to 3 us for each of a callback's objects (the body, its status, every channel entry) against 0.4 us, a
third of what an item costs in all, and would check nothing that the reading helpers do not.
"""

from typing import Any

import msgspec


class Body(msgspec.Struct, gc=False, frozen=True):
    """A whole callback: delivery reports of the Messaging and the SMS schema, answers to status questions, which are
    shaped alike, and inbound messages of all channels.
    """

    reference_id: Any = None
    external_id: Any = None
    status: Any = None
    channel_status: Any = None
    sub_resource: Any = None
    errors: Any = None
    submit_timestamp: Any = None
    additional_info: Any = None
    price: Any = None
    currency: Any = None
    channel: Any = None
    content: Any = None
    user_response: Any = None
    phone_number: Any = None
    email: Any = None
    sender_id: Any = None
    rcs_sender_id: Any = None
    waba_phone_number: Any = None


class Status(msgspec.Struct, gc=False, frozen=True):
    """`status` of the whole, and the value of an entry of `channel_status`."""

    code: Any = None
    description: Any = None
    updated_on: Any = None
    last_channel: Any = None
    reference_id: Any = None


class AdditionalInfo(msgspec.Struct, gc=False, frozen=True):
    """`additional_info` of the SMS schema; each member is a feature that support turns on."""

    mcc: Any = None
    mnc: Any = None
    price: Any = None
    currency: Any = None
    message_parts_count: Any = None
    sender_id: Any = None
    cleansed_phone_number: Any = None


class UserResponse(msgspec.Struct, gc=False, frozen=True):
    """`user_response`: what a person answered by SMS."""

    phone_number: Any = None
    sender_id: Any = None
    mo_message: Any = None
    action: Any = None
    keyword: Any = None
    iso_country_code: Any = None


class Content(msgspec.Struct, gc=False, frozen=True):
    """`content`: what a person answered on any other channel. WhatsApp nests a second `content` in it."""

    text: Any = None
    text_1: Any = None
    body: Any = None
    type: Any = None
    media: Any = None
    file_name: Any = None
    url: Any = None
    url_image_1: Any = None
    url_video_1: Any = None
    url_audio_1: Any = None
    file: Any = None
    location: Any = None
    reply_id: Any = None
    original_reference_id: Any = None
    tracking_data: Any = None
    end_user_action: Any = None
    content: Any = None


class File(msgspec.Struct, gc=False, frozen=True):
    """`content.file.payload` of RCS."""

    uri: Any = None
    mime_type: Any = None


class Action(msgspec.Struct, gc=False, frozen=True):
    """`content.end_user_action`: a button that was pressed, or a keyword that set something off."""

    text: Any = None
    event: Any = None
    action: Any = None
    keyword: Any = None
    iso_country_code: Any = None
    original_reference_id: Any = None
    postback_data: Any = None
