"""Tables and migrations, one repository per noun; SQLite and PostgreSQL from the same code."""
