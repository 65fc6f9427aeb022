"""The types of HighLevel's events, and what each is about (facts 2.8, 8.1)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from invoco.domain.kinds import RecordKind


class EventAction(StrEnum):
    """What an event says has happened to its record."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    OTHER = "other"
    """Something that is no change of one record."""


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """One type of event."""

    name: str
    """Of its page in HighLevel's documentation."""
    type: str
    """As the bodies spell it."""
    kind: RecordKind | None = None
    """The kind of record it is about; None for records that are not mirrored."""
    action: EventAction = EventAction.OTHER
    of_app: bool = False
    """Whether it tells of the app itself."""
    of_company: bool = False
    """Whether it may come without a location."""
    location_field: str | None = None
    """What names the location in a body without a `locationId`."""


_ENDINGS: Final = {"Create": EventAction.CREATE, "Update": EventAction.UPDATE, "Delete": EventAction.DELETE}


def _plain(name: str, *, type_: str | None = None, location_field: str | None = None) -> EventType:
    """An event about something that is not mirrored; its name's ending tells the action."""
    action = next((action for ending, action in _ENDINGS.items() if name.endswith(ending)), EventAction.OTHER)
    return EventType(name=name, type=type_ or name, action=action, location_field=location_field)


def _of_record(
    name: str, kind: RecordKind, action: EventAction, *, of_company: bool = False, location_field: str | None = None
) -> EventType:
    return EventType(
        name=name, type=name, kind=kind, action=action, of_company=of_company, location_field=location_field
    )


def _of_app(name: str, type_: str) -> EventType:
    return EventType(name=name, type=type_, of_app=True, of_company=True)


def _of_payment(name: str) -> EventType:
    """These documents name the location as the one they are kept under (facts 8.1)."""
    return _plain(name, location_field="altId")


_C, _U, _D = EventAction.CREATE, EventAction.UPDATE, EventAction.DELETE
_ALL: Final = (
    _of_app("AppInstall", "INSTALL"),
    _of_app("AppPaymentStatus", "AppPaymentStatus"),
    _of_app("AppUninstall", "UNINSTALL"),
    _of_app("AppUpdate", "UPDATE"),
    _of_record("AppointmentCreate", RecordKind.APPOINTMENT, _C),
    _of_record("AppointmentDelete", RecordKind.APPOINTMENT, _D),
    _of_record("AppointmentUpdate", RecordKind.APPOINTMENT, _U),
    _plain("AssociationCreate"),
    _plain("AssociationDelete"),
    _plain("AssociationUpdate"),
    _plain("CampaignStatusUpdate"),
    _of_record("ContactCreate", RecordKind.CONTACT, _C),
    _of_record("ContactDelete", RecordKind.CONTACT, _D),
    _of_record("ContactDndUpdate", RecordKind.CONTACT, _U),
    _of_record("ContactTagUpdate", RecordKind.CONTACT, _U),
    _of_record("ContactUpdate", RecordKind.CONTACT, _U),
    _plain("ConversationUnreadWebhook", type_="ConversationUnreadUpdate"),
    _plain("ConversationUpdate"),
    _plain("ExternalAuthConnected"),
    _plain("InboundMessage"),
    _of_payment("InvoiceCreate"),
    _of_payment("InvoiceDelete"),
    _of_payment("InvoicePaid"),
    _of_payment("InvoicePartiallyPaid"),
    _of_payment("InvoiceSent"),
    _of_payment("InvoiceUpdate"),
    _of_payment("InvoiceVoid"),
    _plain("KnowledgeBaseCreate"),
    _plain("KnowledgeBaseDelete"),
    _plain("KnowledgeBaseFaqChange"),
    _plain("KnowledgeBaseFileChange"),
    _plain("KnowledgeBaseRichTextChange"),
    _plain("KnowledgeBaseTableFileChange"),
    _plain("KnowledgeBaseTrainedUrlChange"),
    _plain("KnowledgeBaseUpdate"),
    _plain("LCEmailStats"),
    _of_record("LocationCreate", RecordKind.LOCATION, _C, of_company=True, location_field="id"),
    _of_record("LocationUpdate", RecordKind.LOCATION, _U, of_company=True, location_field="id"),
    _of_record("NoteCreate", RecordKind.NOTE, _C),
    _of_record("NoteDelete", RecordKind.NOTE, _D),
    _of_record("NoteUpdate", RecordKind.NOTE, _U),
    _plain("ObjectSchemaCreate"),
    _plain("ObjectSchemaUpdate"),
    _plain("OpportunityAssignedToUpdate"),
    _plain("OpportunityCreate"),
    _plain("OpportunityDelete"),
    _plain("OpportunityMonetaryValueUpdate"),
    _plain("OpportunityStageUpdate"),
    _plain("OpportunityStatusUpdate"),
    _plain("OpportunityUpdate"),
    _of_payment("OrderCreate"),
    _of_payment("OrderStatusUpdate"),
    _plain("OutboundMessage"),
    _of_app("PlanChange", "PLAN_CHANGE"),
    _of_payment("PriceCreate"),
    _of_payment("PriceDelete"),
    _of_payment("PriceUpdate"),
    _of_payment("ProductCreate"),
    _of_payment("ProductDelete"),
    _of_payment("ProductUpdate"),
    _plain("ProviderOutboundMessage"),
    _plain("RecordCreate"),
    _plain("RecordDelete"),
    _plain("RecordUpdate"),
    _plain("RelationCreate"),
    _plain("RelationDelete"),
    EventType(name="SaaSPlanCreate", type="SaaSPlanCreate", action=_C, of_company=True),
    _plain("SupportTicketCreate"),
    _plain("SupportTicketDelete"),
    _plain("SupportTicketUpdate"),
    _of_record("TaskComplete", RecordKind.TASK, _U),
    _of_record("TaskCreate", RecordKind.TASK, _C),
    _of_record("TaskDelete", RecordKind.TASK, _D),
    _of_record("UserCreate", RecordKind.USER, _C, of_company=True),
    _of_record("UserDelete", RecordKind.USER, _D, of_company=True),
    _of_record("UserUpdate", RecordKind.USER, _U, of_company=True),
    _plain("VoiceAiCallEnd"),
)

EVENT_TYPES: Final = {event.type: event for event in _ALL}
"""Every known type of event, by what its bodies carry as `type`."""
