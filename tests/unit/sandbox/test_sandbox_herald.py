"""The subscriber is told where the app was installed and taken out (facts 2.8)."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def told(face):
    """Types and places of the events so far, oldest first."""
    deliveries = (await face.look("dump", what="deliveries"))["deliveries"]
    bodies = [delivery["body"] for delivery in reversed(deliveries)]
    return [(body["type"], body.get("locationId"), body.get("companyId")) for body in bodies]


async def test_install_in_a_location(face):
    """One event."""
    await face.code(face.here)

    assert [("INSTALL", face.here, face.keys["company_id"])] == await told(face)


async def test_install_in_a_company(face):
    """One event of the agency, then one per location."""
    await face.code("company")

    assert [("INSTALL", place, face.keys["company_id"]) for place in (None, face.here, face.elsewhere)] == await told(
        face
    )


async def test_uninstall_of_a_location(face):
    """It is named, the company is not."""
    await face.order("account", uninstalled=face.here)

    assert [("UNINSTALL", face.here, None)] == await told(face)


async def test_uninstall_of_a_company(face):
    """It is named, no location is."""
    await face.order("account", uninstalled="company")

    assert [("UNINSTALL", None, face.keys["company_id"])] == await told(face)
