"""Countries are ISO 3166 alpha-2 codes (facts 10.1)."""

from __future__ import annotations

from invoco.domain.normalise.names import filled


def normal_country(text: str | None) -> str | None:
    """A two-letter code in upper case; any other text is kept as it was given."""
    country = filled(text)
    return country.upper() if country and len(country) == 2 else country
