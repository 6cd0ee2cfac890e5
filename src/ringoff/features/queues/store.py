"""The SQL of who holds what."""

_HELD = """
SELECT q.item, q.staff_id, s.name, s.display_name, q.taken_at FROM queue_item q JOIN staff s ON s.id = q.staff_id
"""
HELD = _HELD + " WHERE q.queue = %(queue)s AND q.item = ANY (%(items)s::text[])"
LOCKED = _HELD + " WHERE q.queue = %(queue)s AND q.item = %(item)s FOR NO KEY UPDATE OF q"
# The primary key decides between two who take it at once; what has lapsed may be taken from whoever left it.
TAKE = """
INSERT INTO queue_item (queue, item, staff_id, taken_at) VALUES (%(queue)s, %(item)s, %(staff_id)s, %(now)s)
ON CONFLICT (queue, item) DO UPDATE SET staff_id = excluded.staff_id, taken_at = excluded.taken_at
  WHERE queue_item.staff_id = excluded.staff_id OR queue_item.taken_at <= %(lapsed)s
RETURNING item
"""
RELEASE = "DELETE FROM queue_item WHERE queue = %(queue)s AND item = %(item)s AND staff_id = %(staff_id)s"
RELEASE_ALL = "DELETE FROM queue_item WHERE staff_id = %(staff_id)s"
DONE = "DELETE FROM queue_item WHERE queue = %(queue)s AND item = %(item)s"
HAND_OVER = """
UPDATE queue_item SET staff_id = %(to)s, taken_at = %(now)s WHERE queue = %(queue)s AND item = %(item)s
"""
TAKEN_BY = (
    "SELECT queue, item FROM queue_item WHERE staff_id = %(staff_id)s AND taken_at > %(lapsed)s ORDER BY taken_at"
)
