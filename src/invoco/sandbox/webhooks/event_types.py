"""The events of HighLevel, by the names of their pages (facts 8.1)."""

from __future__ import annotations

from typing import Final

from invoco.domain.errors import BadRequest

EVENTS: Final = (
    "AppInstall", "AppPaymentStatus", "AppUninstall", "AppUpdate", "AppointmentCreate", "AppointmentDelete",
    "AppointmentUpdate", "AssociationCreate", "AssociationDelete", "AssociationUpdate", "CampaignStatusUpdate",
    "ContactCreate", "ContactDelete", "ContactDndUpdate", "ContactTagUpdate", "ContactUpdate",
    "ConversationUnreadWebhook", "ConversationUpdate", "ExternalAuthConnected", "InboundMessage", "InvoiceCreate",
    "InvoiceDelete", "InvoicePaid", "InvoicePartiallyPaid", "InvoiceSent", "InvoiceUpdate", "InvoiceVoid",
    "KnowledgeBaseCreate", "KnowledgeBaseDelete", "KnowledgeBaseFaqChange", "KnowledgeBaseFileChange",
    "KnowledgeBaseRichTextChange", "KnowledgeBaseTableFileChange", "KnowledgeBaseTrainedUrlChange",
    "KnowledgeBaseUpdate", "LCEmailStats", "LocationCreate", "LocationUpdate", "NoteCreate", "NoteDelete", "NoteUpdate",
    "ObjectSchemaCreate", "ObjectSchemaUpdate", "OpportunityAssignedToUpdate", "OpportunityCreate", "OpportunityDelete",
    "OpportunityMonetaryValueUpdate", "OpportunityStageUpdate", "OpportunityStatusUpdate", "OpportunityUpdate",
    "OrderCreate", "OrderStatusUpdate", "OutboundMessage", "PlanChange", "PriceCreate", "PriceDelete", "PriceUpdate",
    "ProductCreate", "ProductDelete", "ProductUpdate", "ProviderOutboundMessage", "RecordCreate", "RecordDelete",
    "RecordUpdate", "RelationCreate", "RelationDelete", "SaaSPlanCreate", "SupportTicketCreate", "SupportTicketDelete",
    "SupportTicketUpdate", "TaskComplete", "TaskCreate", "TaskDelete", "UserCreate", "UserDelete", "UserUpdate",
    "VoiceAiCallEnd",
)  # fmt: skip

_TYPES: Final = {
    "AppInstall": "INSTALL",
    "AppUninstall": "UNINSTALL",
    "AppUpdate": "UPDATE",
    "PlanChange": "PLAN_CHANGE",
    "ConversationUnreadWebhook": "ConversationUnreadUpdate",
}
_NAMES: Final = {name: name for name in EVENTS} | {written: name for name, written in _TYPES.items()}
_OF_THE_APP: Final = frozenset({"AppInstall", "AppUninstall", "AppUpdate", "PlanChange", "AppPaymentStatus"})


def event_name(text: str) -> str:
    """The name of an event, given by its name or by the `type` it carries.

    Raises:
        BadRequest: there is no such event.
    """
    name = _NAMES.get(text)
    if name is None:
        raise BadRequest(f"HighLevel has no event {text!r}.", cure="Use one of the names in the list of events.")
    return name


def type_of(name: str) -> str:
    """The `type` that the event's body carries."""
    return _TYPES.get(name, name)


def is_of_app(name: str) -> bool:
    """Whether the event tells of the app itself."""
    return name in _OF_THE_APP
