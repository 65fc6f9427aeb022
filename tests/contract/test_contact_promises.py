"""Everybody who serves contacts keeps the same promises."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from invoco.highlevel import HighLevel
from invoco.testing.contact_promises import ContactPromises


class TestRoutesOnSqlite(ContactPromises):
    """HighLevel's routes over books in a file."""

    @pytest.fixture
    async def highlevel(self, sqlite_app) -> AsyncIterator[HighLevel]:
        """A client of the routes."""
        async with sqlite_app.client() as highlevel:
            yield highlevel


class TestRoutesOnPostgres(ContactPromises):
    """HighLevel's routes over books on a server."""

    @pytest.fixture
    async def highlevel(self, postgres_app) -> AsyncIterator[HighLevel]:
        """A client of the routes."""
        async with postgres_app.client() as highlevel:
            yield highlevel


@pytest.mark.asyncio(loop_scope="class")
class TestTwin(ContactPromises):
    """The twin of HighLevel."""

    @pytest_asyncio.fixture(loop_scope="class")
    async def highlevel(self, twin_app) -> AsyncIterator[HighLevel]:
        """A client of the twin."""
        async with twin_app.client() as highlevel:
            yield highlevel


class TestApi(ContactPromises):
    """Invoco's own API."""

    @pytest.fixture
    async def highlevel(self, api_app) -> AsyncIterator[HighLevel]:
        """A client of the API."""
        async with api_app.client() as highlevel:
            yield highlevel
