"""The code with which anybody who holds a case's confirmation may ask how the case stands, without signing in.

It is computed, not stored: an HMAC of the case number under the installation's secret, 40 bits of it in Crockford's
base 32 (`8K3M-V0QX`). Guessing is throttled where it is asked for, and it opens nothing but the state of one case.
"""

import hashlib
import hmac

from ringoff.kit.ids import case_number
from ringoff.kit.secrets import SecretStr

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})


def status_code(secret: SecretStr, case_id: int) -> str:
    key = hashlib.sha256(b"ringoff status code v1" + secret.get_secret_value().encode()).digest()
    bits = int.from_bytes(hmac.digest(key, case_number(case_id).encode(), "sha256")[:5], "big")
    code = "".join(_ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{code[:4]}-{code[4:]}"


def is_status_code(text: str, secret: SecretStr, case_id: int) -> bool:
    """Forgiving about case, spaces, dashes and look-alike letters; a wrong code takes as long as a right one."""
    return hmac.compare_digest(_plain(text).encode(), _plain(status_code(secret, case_id)).encode())


def _plain(text: str) -> str:
    return "".join(c for c in text.upper() if c.isalnum()).translate(_READ_AS)
