-- Who the carrier's customers are and what they hold. Imported; never computed here.

CREATE TABLE plan (
    plan_code     text PRIMARY KEY,
    name          text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('prepaid', 'postpaid')),
    monthly_price bigint NOT NULL CHECK (monthly_price >= 0),  -- minor units of `currency`
    currency      char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE TABLE account (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_number text NOT NULL UNIQUE,
    holder_name    text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('consumer', 'business')),
    email          text,
    phone          text,
    locale         text NOT NULL,
    time_zone      text NOT NULL,
    jurisdiction   text NOT NULL,
    bill_cycle_day smallint CHECK (bill_cycle_day BETWEEN 1 AND 31),
    closed_at      timestamptz
) WITH (fillfactor = 90);

CREATE TABLE line (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line_ref        text NOT NULL UNIQUE,
    msisdn          text,
    account_id      bigint NOT NULL REFERENCES account,
    plan_code       text NOT NULL REFERENCES plan,
    service         text NOT NULL CHECK (service IN ('voice', 'data', 'iot')),
    imsi            text,
    iccid           text,
    eid             text,
    imei            text,
    status          text NOT NULL CHECK (status IN ('active', 'suspended', 'closed')),
    activated_on    date,
    paid_until      date,
    primary_line_id bigint REFERENCES line,
    closed_at       timestamptz,
    CHECK ((status = 'closed') = (closed_at IS NOT NULL))
) WITH (fillfactor = 85);

-- A number outlives its line and gets another, so each identity is unique among the living only.
CREATE UNIQUE INDEX line_msisdn_live ON line (msisdn) WHERE status <> 'closed';
CREATE UNIQUE INDEX line_imsi_live ON line (imsi) WHERE status <> 'closed';
CREATE UNIQUE INDEX line_iccid_live ON line (iccid) WHERE status <> 'closed';
-- Whose number was this? Asked by those who left.
CREATE INDEX line_msisdn_closed ON line (msisdn) WHERE status = 'closed';
CREATE INDEX line_iccid_closed ON line (iccid) WHERE status = 'closed';
CREATE INDEX line_account ON line (account_id);
-- Is another line of this account alive? A big account leaves many that are closed.
CREATE INDEX line_account_live ON line (account_id, id) WHERE status <> 'closed';
CREATE INDEX line_primary ON line (primary_line_id) WHERE primary_line_id IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- AFTER, and with WHEN: a BEFORE trigger would lock, and log, every row once more before it is updated.
CREATE TRIGGER line_stays_closed AFTER UPDATE OF status ON line FOR EACH ROW
    WHEN (OLD.status = 'closed' AND NEW.status <> 'closed')
    EXECUTE FUNCTION refuse_change('a closed line comes back only as a new line');
