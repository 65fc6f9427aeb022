"""The bodies of the events that tell of the app itself (facts 2.8)."""

from __future__ import annotations

from invoco.highlevel.clock import iso
from invoco.highlevel.records import JsonObject


def install(
    *, company_id: str, company_name: str, at: int, plan_id: str, location_id: str | None = None,
    user_id: str | None = None,
) -> JsonObject:  # fmt: skip
    """What INSTALL tells; without a location an agency has installed."""
    return {
        "installType": "Location" if location_id else "Company",
        "locationId": location_id,
        "companyId": company_id,
        "userId": user_id,
        "planId": plan_id,
        "trial": {"onTrial": False, "trialDuration": 0, "trialStartDate": iso(at)},
        "isWhitelabelCompany": False,
        "companyName": company_name,
    }


def uninstall(*, location_id: str | None = None, company_id: str | None = None) -> JsonObject:
    """What UNINSTALL tells: the location or the company."""
    return {"locationId": location_id} if location_id else {"companyId": company_id}
