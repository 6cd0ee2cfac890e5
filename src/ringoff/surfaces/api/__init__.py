"""The API for the carrier's own systems: HTTP, JSON, problem documents, server-sent events."""
