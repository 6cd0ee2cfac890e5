"""`ringoff demo`: a small carrier closes a line before the reader's eyes, and stays up.

`people.py` are its holders, `systems.py` what their lines hang on, `mailbox.py` takes the mail, `stage.py` brings it
all up as `ringoff up` does, `show.py` is what the reader sees.
"""

from ringoff.surfaces.demo.show import run

__all__ = ["run"]
