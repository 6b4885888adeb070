"""Documents: files on an agency's own records, and the redacted copies that others may be shown."""
