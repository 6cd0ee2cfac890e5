"""The subscriber's own pages: sign in, see what there is, leave, watch, undo, check afterwards.

Server-rendered, and whole without JavaScript; htmx only spares a reload. `site.py` lists every address; a module a
part of the site holds its handlers; `templates/` mirrors them. `visitor.py` says who is there, in which language;
`forms.py` reads what they send; `pages.py` writes what they see; `shield.py` surrounds every answer.
"""

from ringoff.surfaces.portal.site import create_portal

__all__ = ["create_portal"]
