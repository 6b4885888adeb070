"""People, cases, records and their fields: what is stored, and what changes it. No pages, and no opening."""
