"""Work that waits for a person: who has taken which item, so that two never work on the same one.

What waits in a queue is its own feature's knowledge (cases in review, fallout, declarations). Here stands only in whose
hands an item is. Acting on one asks `must_hold` first, in the same transaction.
"""

from ringoff.features.queues.model import LAPSES, QUEUES, Held, Queue
from ringoff.features.queues.service import done, hand_over, held, must_hold, release, release_all, take, taken_by

__all__ = [
    "LAPSES",
    "QUEUES",
    "Held",
    "Queue",
    "done",
    "hand_over",
    "held",
    "must_hold",
    "release",
    "release_all",
    "take",
    "taken_by",
]
