-- What a holder sees beside their lines, and what they say without signing in.

-- As the carrier's billing has it; nothing is computed here.
CREATE TABLE bill (
    account_id  bigint NOT NULL REFERENCES account,
    bill_number text NOT NULL,
    issued_on   date NOT NULL,
    due_on      date,
    amount      bigint NOT NULL,                 -- minor units
    open_amount bigint NOT NULL DEFAULT 0 CHECK (open_amount >= 0),
    currency    char(3) NOT NULL,
    pay_url     text,
    document    bytea,                           -- a PDF, where there is one
    PRIMARY KEY (account_id, bill_number)
);

-- What hangs on a line and the carrier knows of: a mandate, a linked app, an authorised user, instalments, a discount.
CREATE TABLE binding (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line_id     bigint NOT NULL REFERENCES line,
    kind        text NOT NULL CHECK (kind IN
                ('mandate', 'linked_app', 'authorised_user', 'instalments', 'discount', 'unlock', 'voicemail')),
    name        text NOT NULL,
    detail      text NOT NULL DEFAULT '',
    removable   boolean NOT NULL DEFAULT false,  -- the holder can unlink it here
    removed_at  timestamptz,
    UNIQUE (line_id, kind, name)
);

-- The holder's own list of what we cannot know: banks, mail, messengers. Ticked, and kept.
CREATE TABLE checklist_tick (
    line_id   bigint NOT NULL REFERENCES line,
    item      text NOT NULL,
    ticked_at timestamptz NOT NULL,
    PRIMARY KEY (line_id, item)
);

-- Said by somebody who has not signed in. It touches no line, discloses nothing, and expires.
CREATE TABLE declaration (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at  timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    rule_pack    text NOT NULL,                  -- under whose rules it was asked for: de@1
    locale       text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('ordinary', 'extraordinary', 'withdrawal')),
    reason       text NOT NULL DEFAULT '',
    holder_name  text NOT NULL,
    contract     text NOT NULL,                  -- as they wrote it: a number, an account, a contract
    when_kind    text NOT NULL CHECK (when_kind IN ('now', 'period_end', 'date')),
    when_date    date CHECK ((when_date IS NOT NULL) = (when_kind = 'date')),
    contact      text NOT NULL,
    state        text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'verified', 'expired')),
    settled_at   timestamptz CHECK ((settled_at IS NOT NULL) = (state <> 'received')),
    case_id      bigint REFERENCES cancellation CHECK ((case_id IS NOT NULL) = (state = 'verified')),
    erase_at     timestamptz NOT NULL,           -- when what was said is erased, should nobody have verified it
    erased_at    timestamptz CHECK (erased_at IS NULL OR (state = 'expired' AND holder_name = '' AND contract = ''
                                    AND contact = '' AND reason = '' AND when_date IS NULL))
);
CREATE INDEX declaration_erasing ON declaration (erase_at) WHERE state = 'expired' AND erased_at IS NULL;
CREATE INDEX letter_declaration ON letter ((facts ->> 'reference')) WHERE kind = 'declaration_received';
CREATE INDEX declaration_waiting ON declaration (expires_at) WHERE state = 'received';

-- In confidence: nobody is told but at the contact that was given (47 USC 345).
ALTER TABLE cancellation ADD COLUMN confidential boolean NOT NULL DEFAULT false;

-- Since when the given contact is known to be the holder's: until then it gets nothing but a link to confirm it.
ALTER TABLE cancellation ADD COLUMN contact_confirmed_at timestamptz;
CREATE INDEX cancellation_contact_unconfirmed ON cancellation (account_id)
    WHERE contact_email IS NOT NULL AND contact_confirmed_at IS NULL;
