"""Small tools that know nothing of telecoms or of the database: clock, errors, ids, numbers, secrets."""
