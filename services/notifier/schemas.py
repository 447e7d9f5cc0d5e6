"""What the other services tell the notifier, and how the notifier keeps it: one form for both."""

from collections.abc import Mapping
from typing import Any

from marshmallow import (
    EXCLUDE,
    Schema,
    ValidationError,
    fields,
    post_dump,
    post_load,
    pre_load,
    validates_schema,
)

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.contact import Contact
from services.notifier.domain.errand import Communication, FreeTime
from services.notifier.domain.message import ASKED_FOR, Kind
from shared.zones import UnknownZone, zone

_CHANNELS = ("email", "sms", "call", "voicemail")


def _a_known_zone(name: str) -> None:
    try:
        zone(name)
    except UnknownZone as error:
        raise ValidationError(str(error)) from error


def _asked_for(purpose: Kind) -> None:
    if purpose not in ASKED_FOR:
        raise ValidationError("Nothing of the kind is sent for others.")


class ContactSchema(Schema):
    """A contact: intake's `GET /internal/contacts/<person_id>`, and our sealed copy of it."""

    class Meta:
        """A newer intake may say more than we read."""

        unknown = EXCLUDE

    person_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    name = fields.String(load_default="", dump_default="")
    email = fields.String(load_default=None, allow_none=True)
    phone = fields.String(load_default=None, allow_none=True)
    email_permitted = fields.Boolean(load_default=False)
    sms_permitted = fields.Boolean(load_default=False)
    call_permitted = fields.Boolean(load_default=False)
    voicemail_permitted = fields.Boolean(load_default=False)
    locale = fields.String(load_default="en")
    timezone = fields.String(load_default=None, allow_none=True, validate=_a_known_zone)

    @pre_load
    def open_channels(self, document: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Read `channels: {email: true, ...}`; a channel that is not named is not permitted."""
        channels = document.get("channels")
        named = channels if isinstance(channels, Mapping) else {}
        return dict(document) | {
            f"{channel}_permitted": named.get(channel, False) for channel in _CHANNELS
        }

    @post_load
    def to_contact(self, data: dict[str, Any], **_: Any) -> Contact:
        """Make the value."""
        return Contact(**data)

    @post_dump
    def close_channels(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Write `channels` the way intake does."""
        channels = {channel: data.pop(f"{channel}_permitted") for channel in _CHANNELS}
        return data | {"channels": channels}


class FreeTimeSchema(Schema):
    """The time of an offer, in it and in our sealed copy of it."""

    class Meta:
        """A newer scheduler may say more than we read."""

        unknown = EXCLUDE

    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    timezone = fields.String(required=True, validate=_a_known_zone)

    @post_load
    def to_time(self, data: dict[str, Any], **_: Any) -> FreeTime:
        """Make the value."""
        return FreeTime(**data)


class CommunicationSchema(Schema):
    """What is to be sent: `GET /internal/communications/<id>` of intake, or of the scheduler."""

    class Meta:
        """A newer intake may say more than we read."""

        unknown = EXCLUDE

    communication_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    purpose = fields.Enum(Kind, by_value=True, required=True, validate=_asked_for)
    link = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    not_after = fields.AwareDateTime(required=True)
    time = fields.Nested(FreeTimeSchema, load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def an_offer_has_its_time(self, data: Mapping[str, Any], **_: Any) -> None:
        """Nobody is asked to take a time without being told which."""
        if data["purpose"] is Kind.OFFER and data["time"] is None:
            raise ValidationError("An offer is of a time.", "time")

    @post_load
    def to_communication(self, data: dict[str, Any], **_: Any) -> Communication:
        """Make the value."""
        return Communication(**data)


class StaffAddressSchema(Schema):
    """Where a member of staff is written to: the scheduler's `GET /internal/staff/<id>/address`."""

    class Meta:
        """The name is not needed: word of a task names nobody."""

        unknown = EXCLUDE

    email = fields.Email(load_default=None, allow_none=True)


class AppointmentTypeSchema(Schema):
    """What can be booked: one of the scheduler's `GET /internal/appointment-types`."""

    class Meta:
        """A newer scheduler may say more than we read."""

        unknown = EXCLUDE

    code = fields.String(required=True)
    title = fields.String(required=True)
    ended = fields.Boolean(load_default=False)


class AppointmentSchema(Schema):
    """Details: the scheduler's `GET /internal/appointments/<id>/for/<person_id>`, and our copy."""

    class Meta:
        """A newer scheduler may say more than we read."""

        unknown = EXCLUDE

    appointment_id = fields.UUID(required=True)
    sequence = fields.Integer(required=True)
    status = fields.String(required=True)
    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)
    timezone = fields.String(required=True, validate=_a_known_zone)
    uid = fields.String(required=True)
    manage_url = fields.String(required=True)
    practitioner_name = fields.String(load_default="")
    how = fields.String(load_default="")
    type = fields.String(load_default="")

    @post_load
    def to_details(self, data: dict[str, Any], **_: Any) -> AppointmentDetails:
        """Make the value."""
        return AppointmentDetails(**data)
