"""Ringoff closes mobile lines. Start reading at ARCHITECTURE.md, then `app.py`."""

__version__ = "0.1.0"
