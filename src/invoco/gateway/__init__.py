"""HighLevel behind the domain ports: tokens kept fresh, quota shared, wire turned into records."""
