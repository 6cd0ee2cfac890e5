"""The care desk: who calls is authenticated first; what waits for a person is taken, decided, repaired.

`site.py` lists every address; a module a part of the desk holds its handlers; `templates/` mirrors them. `seat.py` says
who sits there and what they may; `shield.py` recognises them, writes down every view, and shows every refusal.
"""

from ringoff.surfaces.desk.site import create_desk

__all__ = ["create_desk"]
