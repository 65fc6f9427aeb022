"""The bodies of the events that tell of the app itself (facts 2.8)."""

from __future__ import annotations

from typing import Any

from invoco.highlevel.clock import iso
from invoco.highlevel.records import JsonObject


def install(
    *, company_id: str, company_name: str, at: int, plan_id: str, location_id: str | None = None,
    user_id: str | None = None,
) -> JsonObject:  # fmt: skip
    """What INSTALL and, with `previous_version_id` added, UPDATE tell; without a location an agency has installed."""
    body: dict[str, Any] = {
        "installType": "Location" if location_id else "Company",
        "locationId": location_id,
        "companyId": company_id,
        "userId": user_id,
        "planId": plan_id,
        "trial": {"onTrial": False, "trialDuration": 0, "trialStartDate": iso(at)},
        "isWhitelabelCompany": False,
        "companyName": company_name,
    }
    return body


def uninstall(*, location_id: str | None = None, company_id: str | None = None) -> JsonObject:
    """What UNINSTALL tells: the location or the company."""
    return {"locationId": location_id} if location_id else {"companyId": company_id}


def update(*, previous_version_id: str, **installed: Any) -> JsonObject:
    """What UPDATE tells: the fields of INSTALL and the version before."""
    return {**install(**installed), "previousVersionId": previous_version_id}


def plan_change(*, location_id: str, company_id: str, user_id: str, current: str, new: str) -> JsonObject:
    """What PLAN_CHANGE tells."""
    return {
        "locationId": location_id,
        "companyId": company_id,
        "userId": user_id,
        "currentPlanId": current,
        "newPlanId": new,
    }
