"""The API for the carrier's own systems: HTTP, JSON, problem documents, server-sent events.

A request passes `middleware.py` (its id, its body), `auth.py` (who asks) and one route (`lines.py`, `cancellations.py`,
`fallout.py`, `callbacks.py`, `operations.py`); `commands.py` makes a change one transaction that is answered once.
`requests.py` and `../answers.py` are what goes in and out, `problems.py` every refusal. `factory.py` puts it together.
"""

from ringoff.surfaces.api.factory import create_api

__all__ = ["create_api"]
