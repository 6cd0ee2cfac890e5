"""The reconciler of obligations: claim, act, settle. It knows no telecom.

An obligation is one row: something owed to one outside system, about one subject, due at a time. Workers make the
world equal to the rows, and keep asking. `claim.py` takes rows under a lease, `settle.py` writes how they ended and
hands them to their owner in the same transaction, `loop.py` turns between the two, `systems.py` holds what all
workers share about a system (breaker, rate, maintenance). See docs/adr/0001.
"""
