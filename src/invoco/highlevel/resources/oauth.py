"""Where an app is installed (facts 2.3); tokens themselves are the business of `auth`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from invoco.highlevel.pages import Page, read_rows, rows_of, skipped_to, turned, whole_number
from invoco.highlevel.records import InstalledLocation, JsonObject
from invoco.highlevel.resources.resource import Resource

_OPERATION = "get-installed-location"


class OAuth(Resource):
    """Installations of an app, read with a company token."""

    async def installed(
        self,
        *,
        company_id: str,
        app_id: str,
        limit: int = 20,
        after: int | str | None = None,
        query: str | None = None,
        is_installed: bool | None = None,
    ) -> Page[InstalledLocation]:
        """One page of the locations of a company in which an app may be or is installed.

        Args:
            company_id: whose locations.
            app_id: the part of the client id before the dash.
            limit: rows per page, at most 100 in v3.
            after: the `after` of the page before: a number to skip, in v3 a page token.
            query: part of a location's name.
            is_installed: only those where the app is installed, or only the others.
        """
        common = {"companyId": company_id, "appId": app_id, "query": query, "isInstalled": is_installed}
        if self._wire.version == "v3":
            answer = await self._call(_OPERATION, query={**common, "pageSize": limit, "pageToken": after})
            return _token_page(answer)
        skip = int(after or 0)
        answer = await self._call(_OPERATION, query={**common, "limit": limit, "skip": skip})
        rows = rows_of(answer, "locations", operation=_OPERATION)
        return skipped_to(InstalledLocation, rows, skip=skip, total=whole_number(answer.get("count")))

    def installed_pages(
        self,
        *,
        company_id: str,
        app_id: str,
        limit: int = 100,
        after: int | str | None = None,
        is_installed: bool | None = None,
    ) -> AsyncIterator[Page[InstalledLocation]]:
        """All pages of `installed`.

        Raises:
            PageLoop: a cursor came twice.
        """

        async def fetch(cursor: Any) -> Page[InstalledLocation]:
            return await self.installed(
                company_id=company_id, app_id=app_id, limit=limit, after=cursor, is_installed=is_installed
            )

        return turned(fetch, after=after, operation=_OPERATION)


def _token_page(answer: JsonObject) -> Page[InstalledLocation]:
    records, malformed = read_rows(InstalledLocation, rows_of(answer, "items", operation=_OPERATION))
    pagination = answer["pagination"] if isinstance(answer.get("pagination"), dict) else {}
    token = pagination.get("nextPageToken") if pagination.get("hasNextPage") else None
    return Page(records=records, malformed=malformed, after=token, total=whole_number(pagination.get("totalRecords")))
