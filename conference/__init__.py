"""Multi-agency case conferences with field-level consent, sealed storage and a verifiable log."""
