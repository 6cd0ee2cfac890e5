-- What the hotline's menu remembers of a call between two turns: any process may get the next one.
CREATE TABLE conversation (
    id       text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),    -- as the transport names the call
    caller   text,                              -- E.164, as the network says: it names, and proves nothing
    state    jsonb NOT NULL,                    -- where they are in the menu; never a PIN or a code
    heard_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX conversation_heard ON conversation (heard_at);

-- Who waits for a person: on the line, or to be called back at the phone of record.
CREATE TABLE waiting_caller (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference    text NOT NULL UNIQUE,          -- as the transfer names it; it says nothing, and proves nothing
    conversation text NOT NULL,
    call_id      bigint REFERENCES call,        -- null: they have named no account that there is
    line_id      bigint REFERENCES line,
    language     text NOT NULL CHECK (language IN ('en', 'zh-Hans', 'es')),
    wanted       text NOT NULL CHECK (wanted IN ('', 'status', 'cancel', 'advice', 'callback')),
    callback     boolean NOT NULL DEFAULT false,
    carried      boolean NOT NULL DEFAULT true, -- whether the transfer tells the reference to whoever takes it
    since        timestamptz NOT NULL,
    taken_by     bigint REFERENCES staff,
    taken_at     timestamptz,
    left_at      timestamptz,
    CHECK ((taken_by IS NULL) = (taken_at IS NULL)),
    CHECK (NOT callback OR call_id IS NOT NULL)
);
CREATE UNIQUE INDEX waiting_caller_once ON waiting_caller (conversation, callback)
    WHERE taken_at IS NULL AND left_at IS NULL;
CREATE INDEX waiting_caller_open ON waiting_caller (id) WHERE taken_at IS NULL AND left_at IS NULL;
CREATE INDEX waiting_caller_since ON waiting_caller (since);
-- What they chose in the menu, for whoever takes the call.
ALTER TABLE call ADD COLUMN wanted text NOT NULL DEFAULT ''
    CHECK (wanted IN ('', 'status', 'cancel', 'advice', 'callback'));

-- A keypad has no letters: account numbers that have some are also known by their digits.
CREATE INDEX account_digits ON account (regexp_replace(account_number, '[^0-9]', '', 'g'))
    WHERE account_number ~ '[^0-9]';
