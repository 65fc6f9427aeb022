"""Webhooks in the whole of Invoco."""

import json

import httpx2
import pytest

from invoco.bootstrap import api, opened
from invoco.domain.deliveries import DeliveryState
from invoco.domain.errors import Misconfigured
from invoco.highlevel import signing
from invoco.settings import load

KEY = signing.new_ed25519_key()
BODY = json.dumps({"type": "INSTALL", "appId": "app1"}).encode()
SIGNED = {signing.ED25519_HEADER: signing.sign_ed25519(BODY, KEY)}


async def posted(invoco, body, headers):
    """The status of the answer to a webhook."""
    transport = httpx2.ASGITransport(app=api(invoco))
    async with httpx2.AsyncClient(transport=transport, base_url="http://invoco.test") as client:
        return (await client.post("/webhooks/highlevel", content=body, headers=headers)).status_code


async def test_a_webhook_reaches_the_inbox(tmp_path):
    """Checked with the key of the settings; the app of the settings is known before anything is connected."""
    settings = load(data_folder=tmp_path, client_id="app1-x", webhook_ed25519_keys=signing.public_pem(KEY))
    async with opened(settings) as invoco:
        statuses = [await posted(invoco, BODY, SIGNED), await posted(invoco, BODY, {})]
        async with invoco.database.reading() as session:
            [kept] = await session.inbox.newest(limit=2)

    assert ([200, 401], BODY, DeliveryState.WAITING) == (statuses, kept.body, kept.state)


async def test_the_limit_of_the_settings(tmp_path):
    """A larger body is refused."""
    async with opened(load(data_folder=tmp_path, webhook_body_limit=1024)) as invoco:
        assert 413 == await posted(invoco, b"x" * 1025, {})


async def test_the_older_signature_can_be_switched_off(tmp_path):
    """Then it is of no use."""
    older = signing.new_rsa_key(bits=2048)
    headers = {signing.RSA_HEADER: signing.sign_rsa(BODY, older)}
    given = {"data_folder": tmp_path, "webhook_rsa_keys": signing.public_pem(older)}
    statuses = []
    for legacy in (True, False):
        async with opened(load(**given, webhook_legacy_signature=legacy)) as invoco:
            statuses.append(await posted(invoco, BODY, headers))

    assert [200, 401] == statuses


async def test_a_key_that_is_none(tmp_path):
    """It is told when the API is made, not when the first webhook comes."""
    async with opened(load(data_folder=tmp_path, webhook_ed25519_keys="nowhere.pem")) as invoco:
        with pytest.raises(Misconfigured, match="webhook_ed25519_keys"):
            api(invoco)
