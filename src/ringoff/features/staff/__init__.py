"""Who works here, what each role may do, and how they prove who they are: a password and a one-time code, always.

`roles.py` is the table of permissions, `sight.py` that of what is masked for whom; `members.py` makes and changes
people, by the command line alone;
`signing_in.py` lets them in, locks a desk that was left alone, and lets them go on. Every step is in the audit log.
"""

from ringoff.features.staff.availability import free_agents, is_available, set_available
from ringoff.features.staff.members import add, begin, change, disable, find, link_of, members, set_up
from ringoff.features.staff.model import Member, StaffSession, Started
from ringoff.features.staff.roles import MEANING, PERMISSIONS, ROLES, Permission, Role
from ringoff.features.staff.seeding import seed_member
from ringoff.features.staff.sight import SEES, SIGHT, Sight
from ringoff.features.staff.signing_in import IDLE, end, lock, session, sign_in, unlock

__all__ = [
    "IDLE",
    "MEANING",
    "PERMISSIONS",
    "ROLES",
    "SEES",
    "SIGHT",
    "Member",
    "Permission",
    "Role",
    "Sight",
    "StaffSession",
    "Started",
    "add",
    "begin",
    "change",
    "disable",
    "end",
    "find",
    "free_agents",
    "is_available",
    "link_of",
    "lock",
    "members",
    "seed_member",
    "session",
    "set_available",
    "set_up",
    "sign_in",
    "unlock",
]
