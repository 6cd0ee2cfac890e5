"""The SIP front end, on baresip: alpha and native, so it is a process of its own that is started again when it dies.

It authenticates no caller at the level of SIP: it stands behind the carrier's session border controller.
"""
