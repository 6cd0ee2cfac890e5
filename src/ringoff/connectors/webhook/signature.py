"""The Standard Webhooks signature (https://www.standardwebhooks.com, version 1.0), both ways.

HMAC-SHA256 over `id.timestamp.body`, in the headers webhook-id, webhook-timestamp and webhook-signature. A timestamp
further than five minutes from now is refused, so that nothing overheard can be played back later.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import SecretStr
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from ringoff.kit.errors import Unauthenticated


class Signature:
    def __init__(self, secret: SecretStr) -> None:
        self._webhook = Webhook(secret.get_secret_value())

    def headers(self, message_id: str, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(message_id, now, body.decode()),
        }

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Unauthenticated, whatever is wrong: a stranger learns nothing from the difference."""
        try:
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            raise Unauthenticated("signature_invalid", "The signature does not fit, or is too old.") from error
