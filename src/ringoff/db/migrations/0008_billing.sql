-- The money of leaving. Amounts are whole minor units of an ISO 4217 currency; dates are days in the account's own zone.
-- A period runs from its first day to `period_end`, the first day that is no longer in it.

-- What a plan says of a begun period. none: what was billed stays, what was not is not charged · daily: each day by
-- itself · to_period_end: the whole period. `billed`: before its period, or after.
ALTER TABLE plan ADD COLUMN proration text NOT NULL DEFAULT 'none' CHECK (proration IN ('none', 'daily', 'to_period_end'));
ALTER TABLE plan ADD COLUMN billed text NOT NULL DEFAULT 'advance' CHECK (billed IN ('advance', 'arrears'));

ALTER TABLE bill ADD COLUMN kind text NOT NULL DEFAULT 'invoice' CHECK (kind IN ('invoice', 'credit_note'));
ALTER TABLE bill ADD COLUMN disputed boolean NOT NULL DEFAULT false;   -- not charged while it is
ALTER TABLE bill ADD COLUMN credit_left bigint NOT NULL DEFAULT 0 CHECK (credit_left >= 0);   -- of a credit note, unused
ALTER TABLE bill ADD CHECK (credit_left = 0 OR kind = 'credit_note');
ALTER TABLE bill ADD CHECK ((kind = 'credit_note') = (amount < 0) OR amount = 0);
CREATE INDEX bill_open ON bill (account_id) WHERE open_amount > 0 OR credit_left > 0;

-- The lines of a bill, as they were billed. They add up to it: amount = sum (net + tax).
CREATE TABLE bill_item (
    account_id   bigint NOT NULL,
    bill_number  text NOT NULL,
    item         smallint NOT NULL CHECK (item > 0),
    line_id      bigint REFERENCES line,
    kind         text NOT NULL CHECK (kind IN ('recurring', 'add_on', 'discount', 'usage', 'one_time', 'instalment')),
    name         text NOT NULL,
    period_first date,
    period_end   date,
    net          bigint NOT NULL,
    tax          bigint NOT NULL DEFAULT 0,
    tax_name     text NOT NULL DEFAULT '',         -- as billed: "VAT 19 %"
    PRIMARY KEY (account_id, bill_number, item),
    FOREIGN KEY (account_id, bill_number) REFERENCES bill,
    CHECK ((period_first IS NULL) = (period_end IS NULL) AND period_first < period_end)
);
CREATE INDEX bill_item_line ON bill_item (line_id, period_end) WHERE line_id IS NOT NULL;

CREATE TABLE payment (
    account_id    bigint NOT NULL REFERENCES account,
    payment_ref   text NOT NULL,
    bill_number   text,                            -- null: on the account
    received_at   timestamptz NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    currency      char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    method        text NOT NULL CHECK (method IN ('card', 'direct_debit', 'transfer', 'cash', 'voucher')),
    processor_ref text,                            -- what the processor calls it; null: it did not come that way
    refunded      bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),  -- by us
    returned      bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),  -- by others, as imported: bounced, or charged back
    PRIMARY KEY (account_id, payment_ref),
    CHECK (refunded + returned <= amount)
);
CREATE INDEX payment_returnable ON payment (account_id, received_at, payment_ref) WHERE refunded + returned < amount;
CREATE INDEX payment_bill ON payment (account_id, bill_number) WHERE bill_number IS NOT NULL;

CREATE TABLE deposit (
    account_id  bigint NOT NULL REFERENCES account,
    deposit_ref text NOT NULL,
    line_id     bigint REFERENCES line,            -- null: of the account, so it comes back with its last line
    taken_on    date NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    currency    char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    returned_at timestamptz,
    PRIMARY KEY (account_id, deposit_ref)
);
CREATE INDEX deposit_line ON deposit (line_id) WHERE returned_at IS NULL AND line_id IS NOT NULL;
CREATE INDEX deposit_account ON deposit (account_id) WHERE returned_at IS NULL AND line_id IS NULL;

CREATE TABLE prepaid_balance (
    line_id     bigint NOT NULL REFERENCES line,
    currency    char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount      bigint NOT NULL CHECK (amount >= 0),
    promotional bigint NOT NULL DEFAULT 0,         -- the part that was given, not paid for
    expires_on  date,
    PRIMARY KEY (line_id, currency),
    CHECK (promotional BETWEEN 0 AND amount)
);

CREATE TABLE instalment_plan (
    line_id     bigint NOT NULL REFERENCES line,
    plan_ref    text NOT NULL,
    name        text NOT NULL,
    currency    char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    instalment  bigint NOT NULL CHECK (instalment > 0),
    remaining   bigint NOT NULL CHECK (remaining >= 0),   -- all that is still owed, the last one may be smaller
    next_due    date,
    on_leaving  text CHECK (on_leaving IN ('continue', 'due')),  -- null: the rule pack says
    PRIMARY KEY (line_id, plan_ref)
);

CREATE TABLE commitment (
    line_id        bigint NOT NULL REFERENCES line,
    commitment_ref text NOT NULL,
    name           text NOT NULL,
    starts_on      date NOT NULL,
    ends_on        date NOT NULL,                  -- the last day of it
    currency       char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    fee            bigint NOT NULL CHECK (fee >= 0),       -- for leaving on its first day
    declines       text NOT NULL DEFAULT 'none' CHECK (declines IN ('none', 'monthly')),
    rolled_over    boolean NOT NULL DEFAULT false, -- prolonged by itself after a first term
    PRIMARY KEY (line_id, commitment_ref),
    CHECK (starts_on <= ends_on)
);

-- Usage that no bill has yet.
CREATE TABLE usage_charge (
    line_id    bigint NOT NULL REFERENCES line,
    usage_ref  text NOT NULL,
    name       text NOT NULL,
    used_at    timestamptz NOT NULL,
    arrived_at timestamptz NOT NULL,
    currency   char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    net        bigint NOT NULL,
    tax        bigint NOT NULL DEFAULT 0,
    tax_name   text NOT NULL DEFAULT '',
    billed_in  text,                               -- the bill that has it
    PRIMARY KEY (line_id, usage_ref)
);
CREATE INDEX usage_charge_unbilled ON usage_charge (line_id) WHERE billed_in IS NULL;

-- How an account pays by itself. The references are the processor's; they open nothing without its key.
CREATE TABLE mandate (
    account_id   bigint NOT NULL REFERENCES account,
    mandate_ref  text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('card', 'direct_debit')),
    label        text NOT NULL,                    -- as its holder knows it: "Visa ending in 4242"
    customer_ref text NOT NULL,
    method_ref   text NOT NULL,
    removed_at   timestamptz,
    PRIMARY KEY (account_id, mandate_ref)
);
CREATE INDEX mandate_method ON mandate (method_ref) WHERE removed_at IS NULL;

-- ── The ledger: double entry, append-only ──────────────────────────────────────────────────────────────────────────
CREATE TABLE ledger_transaction (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    kind       text NOT NULL CHECK (kind IN
               ('bill', 'payment', 'settled_elsewhere', 'deposit', 'final_bill', 'charge', 'refund', 'write_off', 'reversal')),
    source     text NOT NULL,                      -- what it books, once: "bill B-7", "payment P-9"
    booked_at  timestamptz NOT NULL,
    dated      date NOT NULL,                      -- the day it counts for, in the account's zone
    reverses   bigint UNIQUE REFERENCES ledger_transaction,
    UNIQUE (account_id, source)
);
CREATE INDEX ledger_transaction_account ON ledger_transaction (account_id, id);

-- Positive: debit. What a transaction debits and credits in a currency is equal.
CREATE TABLE posting (
    transaction_id bigint NOT NULL REFERENCES ledger_transaction,
    entry          smallint NOT NULL,
    ledger         text NOT NULL CHECK (ledger IN
                   ('receivable', 'revenue', 'tax', 'cash', 'elsewhere', 'deposits', 'prepaid', 'refunds_due', 'written_off')),
    currency       char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount         bigint NOT NULL CHECK (amount <> 0),
    bill_number    text,                           -- which bill a receivable belongs to
    PRIMARY KEY (transaction_id, entry)
);

CREATE FUNCTION posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM posting p WHERE p.transaction_id IN (SELECT a.transaction_id FROM added a)
               GROUP BY p.transaction_id, p.currency HAVING sum(p.amount) <> 0) THEN
        RAISE EXCEPTION 'what a transaction debits and credits is equal' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
-- A transaction is written whole, in one statement.
CREATE TRIGGER posting_balanced AFTER INSERT ON posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION posting_balances();
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('the ledger is append-only: a correction is a reversing posting');
CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the ledger is append-only: a correction is a reversing posting');
CREATE INDEX posting_bill ON posting (bill_number) WHERE ledger = 'receivable' AND bill_number IS NOT NULL;

-- What was imported and the ledger does not know of yet; and the transaction that books it as it is now.
ALTER TABLE bill ADD COLUMN unbooked boolean NOT NULL DEFAULT true,
                 ADD COLUMN transaction_id bigint REFERENCES ledger_transaction;
ALTER TABLE payment ADD COLUMN unbooked boolean NOT NULL DEFAULT true,
                    ADD COLUMN transaction_id bigint REFERENCES ledger_transaction;
ALTER TABLE deposit ADD COLUMN unbooked boolean NOT NULL DEFAULT true,
                    ADD COLUMN transaction_id bigint REFERENCES ledger_transaction;
CREATE INDEX bill_unbooked ON bill (account_id, bill_number) WHERE unbooked;
CREATE INDEX payment_unbooked ON payment (account_id, payment_ref) WHERE unbooked;
CREATE INDEX deposit_unbooked ON deposit (account_id, deposit_ref) WHERE unbooked;

-- ── What leaving costs: promised, then settled ─────────────────────────────────────────────────────────────────────
-- What the holder confirmed. It never changes; other terms are another quote.
CREATE TABLE quote (
    case_id       bigint NOT NULL REFERENCES cancellation,
    version       smallint NOT NULL,
    quoted_at     timestamptz NOT NULL,
    last_day      date NOT NULL,                   -- the last day of service, in the account's zone
    charged_until date,                            -- earlier, where the end counts from a declaration
    last_line     boolean NOT NULL,                -- whether the account was to end with it
    items         jsonb NOT NULL,
    continuing    jsonb NOT NULL DEFAULT '[]',     -- instalments that go on because another line does
    PRIMARY KEY (case_id, version)
);
-- Until the time of its case's bills is over: then what it was made of is gone, with theirs.
CREATE TRIGGER quote_frozen BEFORE UPDATE ON quote FOR EACH ROW WHEN (NEW.items <> '[]' OR NEW.continuing <> '[]')
    EXECUTE FUNCTION refuse_change('a quote is frozen');
CREATE TRIGGER quote_kept BEFORE DELETE ON quote FOR EACH ROW EXECUTE FUNCTION refuse_change('a quote is frozen');

-- A closed line's bill that has still to be made, and until when late usage is waited for.
CREATE TABLE settlement (
    case_id    bigint PRIMARY KEY REFERENCES cancellation,
    account_id bigint NOT NULL REFERENCES account,
    closed_at  timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,               -- when to look (again): at once, then when late usage may have come
    cut_off_at timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'waiting', 'stuck', 'done')),
    why        text,                               -- why it is stuck: a person looks at it
    accepted   boolean NOT NULL DEFAULT false      -- a person answers for what nothing else explains
) WITH (fillfactor = 80);
CREATE INDEX settlement_due ON settlement (due_at) WHERE state IN ('due', 'waiting');
CREATE INDEX settlement_stuck ON settlement (closed_at) WHERE state = 'stuck';
CREATE INDEX settlement_account ON settlement (account_id) WHERE state <> 'done';

-- One a currency; a later version is a supplementary bill, never a change.
CREATE TABLE final_bill (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     bigint NOT NULL REFERENCES cancellation,
    account_id  bigint NOT NULL REFERENCES account,
    version     smallint NOT NULL CHECK (version > 0),
    currency    char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    bill_number text NOT NULL UNIQUE,
    issued_at   timestamptz NOT NULL,
    last_day    date NOT NULL,
    items       jsonb NOT NULL,
    continuing  jsonb NOT NULL DEFAULT '[]',       -- instalments that go on because another line does
    total       bigint NOT NULL,                   -- above zero: to be paid; below: to be returned
    differences jsonb NOT NULL DEFAULT '[]',       -- from the quote, each with its cause
    state       text NOT NULL CHECK (state IN ('open', 'moving', 'task', 'settled', 'written_off')),
    settled_at  timestamptz,
    to_tell     boolean NOT NULL DEFAULT true,     -- whether its holder has still to be told of it, or of its new way
    document    bytea,                             -- the PDF, sealed under its subject's key; made when first asked for
    erased_at   timestamptz,                       -- its time is over: the sums stay, what they were made of is gone
    CHECK (erased_at IS NULL OR (document IS NULL AND items = '[]')),
    UNIQUE (case_id, currency, version),
    CHECK ((state IN ('settled', 'written_off')) = (settled_at IS NOT NULL))
);
CREATE INDEX final_bill_to_tell ON final_bill (id) WHERE to_tell;
CREATE INDEX final_bill_account ON final_bill (account_id);
CREATE INDEX final_bill_kept ON final_bill (issued_at) WHERE erased_at IS NULL;

-- What is kept about people is sealed, a key each and for each part of it that is kept for another time: without it every
-- copy is unreadable, backups included.
CREATE TABLE subject_key (
    account_id bigint NOT NULL REFERENCES account,
    part       text NOT NULL,                      -- bills, notes, or the papers of one representation: R-17
    key        bytea,                              -- sealed under the installation's own; null: it was shredded
    made_at    timestamptz NOT NULL,
    erased_at  timestamptz,
    PRIMARY KEY (account_id, part),
    CHECK ((key IS NULL) = (erased_at IS NOT NULL))
);

-- Each amount that goes one way: an obligation `charge` or `refund` of the payment system, or a task for a person.
CREATE TABLE money_movement (
    -- far above every case and below every letter: all are subjects of obligations
    id            bigint GENERATED ALWAYS AS IDENTITY (START WITH 2305843009213693952) PRIMARY KEY,
    final_bill_id bigint NOT NULL REFERENCES final_bill,
    account_id    bigint NOT NULL REFERENCES account,
    kind          text NOT NULL CHECK (kind IN ('charge', 'refund')),
    amount        bigint NOT NULL CHECK (amount > 0),
    currency      char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    route         text NOT NULL CHECK (route IN ('processor', 'transfer', 'cheque', 'guest')),
    payment_ref   text,                            -- the payment that is refunded
    customer_ref  text,                            -- whose stored card is charged: chosen with the first try, and kept
    page          jsonb,                           -- the holder has opened the processor's page: whereto it returns
    state         text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'failed')),
    asked_at      timestamptz NOT NULL,
    done_at       timestamptz,
    reference     text,                            -- the processor's, or what the person wrote down
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX money_movement_bill ON money_movement (final_bill_id);
CREATE INDEX money_movement_payment ON money_movement (account_id, payment_ref) WHERE state = 'due';
CREATE INDEX money_movement_task ON money_movement (asked_at) WHERE state = 'due' AND route IN ('transfer', 'cheque');

-- A renewal that was asked for and allowed, once for a period. A line that is leaving gets none.
CREATE TABLE renewal (
    line_id      bigint NOT NULL REFERENCES line,
    period_first date NOT NULL,
    bill_number  text NOT NULL,
    granted_at   timestamptz NOT NULL,
    PRIMARY KEY (line_id, period_first)
);
