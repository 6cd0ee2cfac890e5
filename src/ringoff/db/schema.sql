-- The sum of all migrations, written by `make schema`. Not applied by anything: see migrate.py.

CREATE FUNCTION public.name_words(name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_remove(regexp_split_to_array(regexp_replace(NORMALIZE(lower(name), NFKD), '[\u0300-\u036f]'::text, ''::text, 'g'::text), '[[:space:].,;''’·-]+'::text), ''::text);

CREATE FUNCTION public.posting_balances() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM posting p WHERE p.transaction_id IN (SELECT a.transaction_id FROM added a)
               GROUP BY p.transaction_id, p.currency HAVING sum(p.amount) <> 0) THEN
        RAISE EXCEPTION 'what a transaction debits and credits is equal' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% on %: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TABLE public.account (
    id bigint NOT NULL,
    account_number text NOT NULL,
    holder_name text NOT NULL,
    kind text NOT NULL,
    email text,
    phone text,
    locale text NOT NULL,
    time_zone text NOT NULL,
    jurisdiction text NOT NULL,
    bill_cycle_day smallint,
    closed_at timestamp with time zone,
    CONSTRAINT account_bill_cycle_day_check CHECK (((bill_cycle_day >= 1) AND (bill_cycle_day <= 31))),
    CONSTRAINT account_kind_check CHECK ((kind = ANY (ARRAY['consumer'::text, 'business'::text])))
)
WITH (fillfactor='90');

ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.api_key (
    id text NOT NULL,
    hash bytea NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

CREATE TABLE public.approval (
    id bigint NOT NULL,
    kind text NOT NULL,
    about bigint NOT NULL,
    account_id bigint,
    asked_by bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    why text NOT NULL,
    terms jsonb NOT NULL,
    digest bytea NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    decided_by bigint,
    decided_at timestamp with time zone,
    why_decided text,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT approval_check CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT approval_check1 CHECK (((state = ANY (ARRAY['approved'::text, 'refused'::text, 'used'::text])) <= (decided_by IS NOT NULL))),
    CONSTRAINT approval_check2 CHECK (((state = 'waiting'::text) <= (decided_by IS NULL))),
    CONSTRAINT approval_check3 CHECK (((state = ANY (ARRAY['expired'::text, 'used'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT approval_kind_check CHECK ((kind = ANY (ARRAY['skip_release'::text, 'emergency'::text, 'amount'::text, 'many_lines'::text]))),
    CONSTRAINT approval_of_another CHECK ((decided_by <> asked_by)),
    CONSTRAINT approval_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'approved'::text, 'refused'::text, 'expired'::text, 'used'::text]))),
    CONSTRAINT approval_why_check CHECK ((why <> ''::text))
);

ALTER TABLE public.approval ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.approval_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.bill (
    account_id bigint NOT NULL,
    bill_number text NOT NULL,
    issued_on date NOT NULL,
    due_on date,
    amount bigint NOT NULL,
    open_amount bigint DEFAULT 0 NOT NULL,
    currency character(3) NOT NULL,
    pay_url text,
    document bytea,
    kind text DEFAULT 'invoice'::text NOT NULL,
    disputed boolean DEFAULT false NOT NULL,
    credit_left bigint DEFAULT 0 NOT NULL,
    unbooked boolean DEFAULT true NOT NULL,
    transaction_id bigint,
    CONSTRAINT bill_check CHECK (((credit_left = 0) OR (kind = 'credit_note'::text))),
    CONSTRAINT bill_check1 CHECK ((((kind = 'credit_note'::text) = (amount < 0)) OR (amount = 0))),
    CONSTRAINT bill_credit_left_check CHECK ((credit_left >= 0)),
    CONSTRAINT bill_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'credit_note'::text]))),
    CONSTRAINT bill_open_amount_check CHECK ((open_amount >= 0))
);

CREATE TABLE public.bill_item (
    account_id bigint NOT NULL,
    bill_number text NOT NULL,
    item smallint NOT NULL,
    line_id bigint,
    kind text NOT NULL,
    name text NOT NULL,
    period_first date,
    period_end date,
    net bigint NOT NULL,
    tax bigint DEFAULT 0 NOT NULL,
    tax_name text DEFAULT ''::text NOT NULL,
    CONSTRAINT bill_item_check CHECK ((((period_first IS NULL) = (period_end IS NULL)) AND (period_first < period_end))),
    CONSTRAINT bill_item_item_check CHECK ((item > 0)),
    CONSTRAINT bill_item_kind_check CHECK ((kind = ANY (ARRAY['recurring'::text, 'add_on'::text, 'discount'::text, 'usage'::text, 'one_time'::text, 'instalment'::text])))
);

CREATE TABLE public.binding (
    id bigint NOT NULL,
    line_id bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    removable boolean DEFAULT false NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT binding_kind_check CHECK ((kind = ANY (ARRAY['mandate'::text, 'linked_app'::text, 'authorised_user'::text, 'instalments'::text, 'discount'::text, 'unlock'::text, 'voicemail'::text])))
);

ALTER TABLE public.binding ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.binding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.call (
    id bigint NOT NULL,
    reference text NOT NULL,
    staff_id bigint,
    account_id bigint NOT NULL,
    line_id bigint,
    opened_at timestamp with time zone NOT NULL,
    proved_at timestamp with time zone,
    proved_by text,
    level smallint DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    ended_at timestamp with time zone,
    callback_at timestamp with time zone,
    wanted text DEFAULT ''::text NOT NULL,
    CONSTRAINT call_check CHECK (((proved_at IS NULL) = (proved_by IS NULL))),
    CONSTRAINT call_check1 CHECK (((proved_at IS NULL) = (level = 0))),
    CONSTRAINT call_level_check CHECK ((level = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT call_proved_by_check CHECK ((proved_by = ANY (ARRAY['pin'::text, 'mail'::text, 'portal'::text, 'callback'::text, 'emergency'::text]))),
    CONSTRAINT call_wanted_check CHECK ((wanted = ANY (ARRAY[''::text, 'status'::text, 'cancel'::text, 'advice'::text, 'callback'::text])))
);

CREATE TABLE public.call_code (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    via text NOT NULL,
    level smallint NOT NULL,
    code bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT call_code_level_check CHECK ((level = ANY (ARRAY[1, 2]))),
    CONSTRAINT call_code_via_check CHECK ((via = ANY (ARRAY['mail'::text, 'portal'::text])))
);

ALTER TABLE public.call_code ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.call_code_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.call ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.call_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.cancellation (
    id bigint NOT NULL,
    line_id bigint NOT NULL,
    account_id bigint NOT NULL,
    state text NOT NULL,
    cause text DEFAULT 'cancelled'::text NOT NULL,
    priority smallint NOT NULL,
    channel text NOT NULL,
    requested_by text NOT NULL,
    external_reference text,
    reason text,
    contact_email text,
    contact_phone text,
    when_kind text NOT NULL,
    when_date date,
    requested_at timestamp with time zone NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    ripe_at timestamp with time zone,
    waiting_for text,
    scheduled_at timestamp with time zone,
    releasing_at timestamp with time zone,
    ended_at timestamp with time zone,
    plan_id bigint,
    wave smallint DEFAULT 0 NOT NULL,
    closes_account boolean DEFAULT false NOT NULL,
    rule_pack text NOT NULL,
    review_rule text,
    notices smallint DEFAULT 0 NOT NULL,
    msisdn text,
    imsi text,
    iccid text,
    eid text,
    confidential boolean DEFAULT false NOT NULL,
    contact_confirmed_at timestamp with time zone,
    CONSTRAINT cancellation_cause_check CHECK ((cause = ANY (ARRAY['cancelled'::text, 'ported'::text]))),
    CONSTRAINT cancellation_check CHECK (((when_date IS NOT NULL) = (when_kind = 'date'::text))),
    CONSTRAINT cancellation_check1 CHECK ((((plan_id IS NOT NULL) AND (ripe_at IS NOT NULL) AND (scheduled_at IS NOT NULL)) OR (state = ANY (ARRAY['requested'::text, 'in_review'::text, 'declined'::text, 'withdrawn'::text])))),
    CONSTRAINT cancellation_check2 CHECK (((state = ANY (ARRAY['closed'::text, 'declined'::text, 'withdrawn'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT cancellation_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'in_review'::text, 'scheduled'::text, 'releasing'::text, 'closed'::text, 'declined'::text, 'withdrawing'::text, 'withdrawn'::text]))),
    CONSTRAINT cancellation_when_kind_check CHECK ((when_kind = ANY (ARRAY['now'::text, 'period_end'::text, 'date'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_scale_factor='0.02');

ALTER TABLE public.cancellation ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cancellation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.challenge (
    digest bytea NOT NULL,
    purpose text NOT NULL,
    account_id bigint,
    payload bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.checklist_tick (
    line_id bigint NOT NULL,
    item text NOT NULL,
    ticked_at timestamp with time zone NOT NULL
);

CREATE TABLE public.commitment (
    line_id bigint NOT NULL,
    commitment_ref text NOT NULL,
    name text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    currency character(3) NOT NULL,
    fee bigint NOT NULL,
    declines text DEFAULT 'none'::text NOT NULL,
    rolled_over boolean DEFAULT false NOT NULL,
    CONSTRAINT commitment_check CHECK ((starts_on <= ends_on)),
    CONSTRAINT commitment_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT commitment_declines_check CHECK ((declines = ANY (ARRAY['none'::text, 'monthly'::text]))),
    CONSTRAINT commitment_fee_check CHECK ((fee >= 0))
);

CREATE TABLE public.conversation (
    id text NOT NULL,
    caller text,
    state jsonb NOT NULL,
    heard_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT conversation_id_check CHECK (((length(id) >= 1) AND (length(id) <= 200)))
);

CREATE TABLE public.declaration (
    id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    rule_pack text NOT NULL,
    locale text NOT NULL,
    kind text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    holder_name text NOT NULL,
    contract text NOT NULL,
    when_kind text NOT NULL,
    when_date date,
    contact text NOT NULL,
    state text DEFAULT 'received'::text NOT NULL,
    settled_at timestamp with time zone,
    case_id bigint,
    erase_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT declaration_check CHECK (((when_date IS NOT NULL) = (when_kind = 'date'::text))),
    CONSTRAINT declaration_check1 CHECK (((settled_at IS NOT NULL) = (state <> 'received'::text))),
    CONSTRAINT declaration_check2 CHECK (((case_id IS NOT NULL) = (state = 'verified'::text))),
    CONSTRAINT declaration_check3 CHECK (((erased_at IS NULL) OR ((state = 'expired'::text) AND (holder_name = ''::text) AND (contract = ''::text) AND (contact = ''::text) AND (reason = ''::text) AND (when_date IS NULL)))),
    CONSTRAINT declaration_kind_check CHECK ((kind = ANY (ARRAY['ordinary'::text, 'extraordinary'::text, 'withdrawal'::text]))),
    CONSTRAINT declaration_state_check CHECK ((state = ANY (ARRAY['received'::text, 'verified'::text, 'expired'::text]))),
    CONSTRAINT declaration_when_kind_check CHECK ((when_kind = ANY (ARRAY['now'::text, 'period_end'::text, 'date'::text])))
);

ALTER TABLE public.declaration ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.declaration_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.deposit (
    account_id bigint NOT NULL,
    deposit_ref text NOT NULL,
    line_id bigint,
    taken_on date NOT NULL,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    returned_at timestamp with time zone,
    unbooked boolean DEFAULT true NOT NULL,
    transaction_id bigint,
    CONSTRAINT deposit_amount_check CHECK ((amount > 0)),
    CONSTRAINT deposit_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

CREATE TABLE public.duty (
    account_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    what text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT duty_what_check CHECK ((what = ANY (ARRAY['edited_contact'::text, 'decided'::text])))
);

CREATE TABLE public.event (
    id bigint NOT NULL,
    subject_id bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    channel text NOT NULL,
    address inet,
    rule text,
    detail jsonb
);

ALTER TABLE public.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.final_bill (
    id bigint NOT NULL,
    case_id bigint NOT NULL,
    account_id bigint NOT NULL,
    version smallint NOT NULL,
    currency character(3) NOT NULL,
    bill_number text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    last_day date NOT NULL,
    items jsonb NOT NULL,
    continuing jsonb DEFAULT '[]'::jsonb NOT NULL,
    total bigint NOT NULL,
    differences jsonb DEFAULT '[]'::jsonb NOT NULL,
    state text NOT NULL,
    settled_at timestamp with time zone,
    to_tell boolean DEFAULT true NOT NULL,
    document bytea,
    erased_at timestamp with time zone,
    CONSTRAINT final_bill_check CHECK (((erased_at IS NULL) OR ((document IS NULL) AND (items = '[]'::jsonb)))),
    CONSTRAINT final_bill_check1 CHECK (((state = ANY (ARRAY['settled'::text, 'written_off'::text])) = (settled_at IS NOT NULL))),
    CONSTRAINT final_bill_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT final_bill_state_check CHECK ((state = ANY (ARRAY['open'::text, 'moving'::text, 'task'::text, 'settled'::text, 'written_off'::text]))),
    CONSTRAINT final_bill_version_check CHECK ((version > 0))
);

ALTER TABLE public.final_bill ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.final_bill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.former_contact (
    account_id bigint NOT NULL,
    address text NOT NULL,
    replaced_at timestamp with time zone NOT NULL
);

CREATE TABLE public.guess (
    account_id bigint NOT NULL,
    factor text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    blocked_until timestamp with time zone,
    CONSTRAINT guess_factor_check CHECK ((factor = ANY (ARRAY['password'::text, 'totp'::text, 'pin'::text, 'call_code'::text])))
)
WITH (fillfactor='70');

CREATE TABLE public.hold (
    line_id bigint NOT NULL,
    kind text NOT NULL,
    why text NOT NULL,
    set_by text NOT NULL,
    set_at timestamp with time zone NOT NULL,
    lifted_by text,
    lifted_at timestamp with time zone
);

CREATE TABLE public.idempotency (
    api_key_id text NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status smallint NOT NULL,
    answer bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.instalment_plan (
    line_id bigint NOT NULL,
    plan_ref text NOT NULL,
    name text NOT NULL,
    currency character(3) NOT NULL,
    instalment bigint NOT NULL,
    remaining bigint NOT NULL,
    next_due date,
    on_leaving text,
    CONSTRAINT instalment_plan_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT instalment_plan_instalment_check CHECK ((instalment > 0)),
    CONSTRAINT instalment_plan_on_leaving_check CHECK ((on_leaving = ANY (ARRAY['continue'::text, 'due'::text]))),
    CONSTRAINT instalment_plan_remaining_check CHECK ((remaining >= 0))
);

CREATE TABLE public.ledger_transaction (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    dated date NOT NULL,
    reverses bigint,
    CONSTRAINT ledger_transaction_kind_check CHECK ((kind = ANY (ARRAY['bill'::text, 'payment'::text, 'settled_elsewhere'::text, 'deposit'::text, 'final_bill'::text, 'charge'::text, 'refund'::text, 'write_off'::text, 'reversal'::text])))
);

ALTER TABLE public.ledger_transaction ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_transaction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.letter (
    id bigint NOT NULL,
    account_id bigint,
    kind text NOT NULL,
    recipient text NOT NULL,
    locale text NOT NULL,
    facts jsonb NOT NULL,
    secret bytea,
    created_at timestamp with time zone NOT NULL
);

CREATE SEQUENCE public.letter_id
    START WITH 4611686018427387904
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.line (
    id bigint NOT NULL,
    line_ref text NOT NULL,
    msisdn text,
    account_id bigint NOT NULL,
    plan_code text NOT NULL,
    service text NOT NULL,
    imsi text,
    iccid text,
    eid text,
    imei text,
    status text NOT NULL,
    activated_on date,
    paid_until date,
    primary_line_id bigint,
    closed_at timestamp with time zone,
    CONSTRAINT line_check CHECK (((status = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT line_service_check CHECK ((service = ANY (ARRAY['voice'::text, 'data'::text, 'iot'::text]))),
    CONSTRAINT line_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'closed'::text])))
)
WITH (fillfactor='85');

ALTER TABLE public.line ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.line_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.login (
    account_id bigint NOT NULL,
    password_hash text,
    password_set_at timestamp with time zone,
    password_alone boolean DEFAULT false NOT NULL,
    passkey_handle bytea NOT NULL,
    totp bytea,
    totp_set_at timestamp with time zone,
    totp_step bigint DEFAULT 0 NOT NULL,
    pin_hash text,
    pin_set_at timestamp with time zone,
    cancel_locked_at timestamp with time zone,
    recovered_at timestamp with time zone,
    changed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.mandate (
    account_id bigint NOT NULL,
    mandate_ref text NOT NULL,
    kind text NOT NULL,
    label text NOT NULL,
    customer_ref text NOT NULL,
    method_ref text NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT mandate_kind_check CHECK ((kind = ANY (ARRAY['card'::text, 'direct_debit'::text])))
);

CREATE TABLE public.migration (
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.money_movement (
    id bigint NOT NULL,
    final_bill_id bigint NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    route text NOT NULL,
    payment_ref text,
    customer_ref text,
    page jsonb,
    state text DEFAULT 'due'::text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    reference text,
    CONSTRAINT money_movement_amount_check CHECK ((amount > 0)),
    CONSTRAINT money_movement_check CHECK (((state = 'done'::text) = (done_at IS NOT NULL))),
    CONSTRAINT money_movement_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT money_movement_kind_check CHECK ((kind = ANY (ARRAY['charge'::text, 'refund'::text]))),
    CONSTRAINT money_movement_route_check CHECK ((route = ANY (ARRAY['processor'::text, 'transfer'::text, 'cheque'::text, 'guest'::text]))),
    CONSTRAINT money_movement_state_check CHECK ((state = ANY (ARRAY['due'::text, 'done'::text, 'failed'::text])))
);

ALTER TABLE public.money_movement ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.money_movement_id_seq
    START WITH 2305843009213693952
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.note (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    case_id bigint,
    text bytea NOT NULL,
    confidential boolean NOT NULL,
    written_by bigint NOT NULL,
    written_at timestamp with time zone NOT NULL
);

ALTER TABLE public.note ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.obligation (
    subject_id bigint NOT NULL,
    system text NOT NULL,
    kind text NOT NULL,
    cycle smallint DEFAULT 1 NOT NULL,
    wave smallint DEFAULT 0 NOT NULL,
    gates boolean DEFAULT false NOT NULL,
    priority smallint NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    strikes smallint DEFAULT 0 NOT NULL,
    lease_token bigint,
    lease_until timestamp with time zone,
    reference text,
    accepted_at timestamp with time zone,
    payload jsonb,
    evidence jsonb,
    keepsake bytea,
    last_outcome text,
    settled_at timestamp with time zone,
    CONSTRAINT obligation_kind_check CHECK ((kind = ANY (ARRAY['release'::text, 'restore'::text, 'verify'::text, 'notify'::text, 'deliver'::text, 'charge'::text, 'refund'::text]))),
    CONSTRAINT obligation_state_check CHECK ((state = ANY (ARRAY['due'::text, 'discharged'::text, 'fallout'::text, 'void'::text])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_scale_factor='0.02');

CREATE TABLE public.obligation_archive (
    subject_id bigint CONSTRAINT obligation_subject_id_not_null NOT NULL,
    system text CONSTRAINT obligation_system_not_null NOT NULL,
    kind text CONSTRAINT obligation_kind_not_null NOT NULL,
    cycle smallint DEFAULT 1 CONSTRAINT obligation_cycle_not_null NOT NULL,
    wave smallint DEFAULT 0 CONSTRAINT obligation_wave_not_null NOT NULL,
    gates boolean DEFAULT false CONSTRAINT obligation_gates_not_null NOT NULL,
    priority smallint CONSTRAINT obligation_priority_not_null NOT NULL,
    state text DEFAULT 'due'::text CONSTRAINT obligation_state_not_null NOT NULL,
    created_at timestamp with time zone CONSTRAINT obligation_created_at_not_null NOT NULL,
    due_at timestamp with time zone CONSTRAINT obligation_due_at_not_null NOT NULL,
    attempts integer DEFAULT 0 CONSTRAINT obligation_attempts_not_null NOT NULL,
    strikes smallint DEFAULT 0 CONSTRAINT obligation_strikes_not_null NOT NULL,
    lease_token bigint,
    lease_until timestamp with time zone,
    reference text,
    accepted_at timestamp with time zone,
    payload jsonb,
    evidence jsonb,
    keepsake bytea,
    last_outcome text,
    settled_at timestamp with time zone
)
PARTITION BY RANGE (settled_at);

CREATE TABLE public.passkey (
    id bytea NOT NULL,
    account_id bigint NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);

CREATE TABLE public.payment (
    account_id bigint NOT NULL,
    payment_ref text NOT NULL,
    bill_number text,
    received_at timestamp with time zone NOT NULL,
    amount bigint NOT NULL,
    currency character(3) NOT NULL,
    method text NOT NULL,
    processor_ref text,
    refunded bigint DEFAULT 0 NOT NULL,
    returned bigint DEFAULT 0 NOT NULL,
    unbooked boolean DEFAULT true NOT NULL,
    transaction_id bigint,
    CONSTRAINT payment_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_check CHECK (((refunded + returned) <= amount)),
    CONSTRAINT payment_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_method_check CHECK ((method = ANY (ARRAY['card'::text, 'direct_debit'::text, 'transfer'::text, 'cash'::text, 'voucher'::text]))),
    CONSTRAINT payment_refunded_check CHECK ((refunded >= 0)),
    CONSTRAINT payment_returned_check CHECK ((returned >= 0))
);

CREATE TABLE public.plan (
    plan_code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    monthly_price bigint NOT NULL,
    currency character(3) NOT NULL,
    proration text DEFAULT 'none'::text NOT NULL,
    billed text DEFAULT 'advance'::text NOT NULL,
    CONSTRAINT plan_billed_check CHECK ((billed = ANY (ARRAY['advance'::text, 'arrears'::text]))),
    CONSTRAINT plan_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT plan_kind_check CHECK ((kind = ANY (ARRAY['prepaid'::text, 'postpaid'::text]))),
    CONSTRAINT plan_monthly_price_check CHECK ((monthly_price >= 0)),
    CONSTRAINT plan_proration_check CHECK ((proration = ANY (ARRAY['none'::text, 'daily'::text, 'to_period_end'::text])))
);

CREATE TABLE public.posting (
    transaction_id bigint NOT NULL,
    entry smallint NOT NULL,
    ledger text NOT NULL,
    currency character(3) NOT NULL,
    amount bigint NOT NULL,
    bill_number text,
    CONSTRAINT posting_amount_check CHECK ((amount <> 0)),
    CONSTRAINT posting_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT posting_ledger_check CHECK ((ledger = ANY (ARRAY['receivable'::text, 'revenue'::text, 'tax'::text, 'cash'::text, 'elsewhere'::text, 'deposits'::text, 'prepaid'::text, 'refunds_due'::text, 'written_off'::text])))
);

CREATE TABLE public.prepaid_balance (
    line_id bigint NOT NULL,
    currency character(3) NOT NULL,
    amount bigint NOT NULL,
    promotional bigint DEFAULT 0 NOT NULL,
    expires_on date,
    CONSTRAINT prepaid_balance_amount_check CHECK ((amount >= 0)),
    CONSTRAINT prepaid_balance_check CHECK (((promotional >= 0) AND (promotional <= amount))),
    CONSTRAINT prepaid_balance_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

CREATE TABLE public.queue_item (
    queue text NOT NULL,
    item text NOT NULL,
    staff_id bigint NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    CONSTRAINT queue_item_queue_check CHECK ((queue = ANY (ARRAY['review'::text, 'fallout'::text, 'declarations'::text, 'refunds'::text, 'representatives'::text, 'approvals'::text])))
);

CREATE TABLE public.quote (
    case_id bigint NOT NULL,
    version smallint NOT NULL,
    quoted_at timestamp with time zone NOT NULL,
    last_day date NOT NULL,
    charged_until date,
    last_line boolean NOT NULL,
    items jsonb NOT NULL,
    continuing jsonb DEFAULT '[]'::jsonb NOT NULL
);

CREATE TABLE public.recovery_code (
    account_id bigint NOT NULL,
    digest bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.release_plan (
    id bigint NOT NULL,
    digest text NOT NULL
);

ALTER TABLE public.release_plan ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.release_plan_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.release_step (
    plan_id bigint NOT NULL,
    system text NOT NULL,
    wave smallint NOT NULL,
    effect text NOT NULL,
    gates boolean NOT NULL,
    scope text NOT NULL,
    ported boolean NOT NULL,
    trial boolean NOT NULL,
    CONSTRAINT release_step_effect_check CHECK ((effect = ANY (ARRAY['undo'::text, 'pivot'::text, 'forward_only'::text]))),
    CONSTRAINT release_step_scope_check CHECK ((scope = ANY (ARRAY['line'::text, 'account'::text]))),
    CONSTRAINT release_step_wave_check CHECK ((wave >= 0))
);

CREATE TABLE public.renewal (
    line_id bigint NOT NULL,
    period_first date NOT NULL,
    bill_number text NOT NULL,
    granted_at timestamp with time zone NOT NULL
);

CREATE TABLE public.representation (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    route text NOT NULL,
    line_ids bigint[] NOT NULL,
    confidential boolean NOT NULL,
    person bytea NOT NULL,
    rule_pack text NOT NULL,
    asked_by bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    shred_at timestamp with time zone NOT NULL,
    shredded_at timestamp with time zone,
    state text DEFAULT 'open'::text NOT NULL,
    decided_by bigint,
    decided_at timestamp with time zone,
    why_decided text,
    CONSTRAINT representation_check CHECK (((state = 'open'::text) = (decided_at IS NULL))),
    CONSTRAINT representation_check1 CHECK (((decided_by IS NULL) = (decided_at IS NULL))),
    CONSTRAINT representation_check2 CHECK (((route <> 'survivor'::text) OR confidential)),
    CONSTRAINT representation_line_ids_check CHECK (((cardinality(line_ids) >= 1) AND (cardinality(line_ids) <= 500))),
    CONSTRAINT representation_of_another CHECK (((state <> 'accepted'::text) OR (decided_by <> asked_by))),
    CONSTRAINT representation_route_check CHECK ((route = ANY (ARRAY['deceased'::text, 'attorney'::text, 'delegate'::text, 'survivor'::text]))),
    CONSTRAINT representation_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'refused'::text])))
);

ALTER TABLE public.representation ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.representation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.representation_paper (
    id bigint NOT NULL,
    representation_id bigint NOT NULL,
    item text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    name bytea,
    digest bytea,
    content bytea,
    uploaded_by bigint NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    CONSTRAINT representation_paper_check CHECK ((((name IS NULL) = (content IS NULL)) AND ((digest IS NULL) = (content IS NULL)))),
    CONSTRAINT representation_paper_media_type_check CHECK ((media_type = ANY (ARRAY['application/pdf'::text, 'image/jpeg'::text, 'image/png'::text, 'image/heic'::text]))),
    CONSTRAINT representation_paper_size_check CHECK (((size >= 1) AND (size <= 10485760)))
);
ALTER TABLE ONLY public.representation_paper ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE public.representation_paper ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.representation_paper_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.secret_link (
    digest bytea NOT NULL,
    purpose text NOT NULL,
    account_id bigint,
    subject text DEFAULT ''::text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT secret_link_purpose_check CHECK ((purpose = ANY (ARRAY['enrol'::text, 'reset'::text, 'confirm_contact'::text, 'confirm_phone'::text, 'case_contact'::text, 'veto'::text, 'archive'::text, 'declaration'::text])))
);

CREATE TABLE public.session (
    digest bytea NOT NULL,
    account_id bigint NOT NULL,
    public_id text NOT NULL,
    level smallint NOT NULL,
    method text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    proved_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    address inet,
    device text DEFAULT ''::text NOT NULL,
    CONSTRAINT session_level_check CHECK ((level = ANY (ARRAY[0, 1, 2])))
);

CREATE TABLE public.settlement (
    case_id bigint NOT NULL,
    account_id bigint NOT NULL,
    closed_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    cut_off_at timestamp with time zone NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    why text,
    accepted boolean DEFAULT false NOT NULL,
    CONSTRAINT settlement_state_check CHECK ((state = ANY (ARRAY['due'::text, 'waiting'::text, 'stuck'::text, 'done'::text])))
)
WITH (fillfactor='80');

CREATE TABLE public.staff (
    id bigint NOT NULL,
    name text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL,
    password_hash text,
    totp bytea,
    totp_set_at timestamp with time zone,
    totp_step bigint DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    blocked_until timestamp with time zone,
    passkey_handle bytea DEFAULT uuid_send(gen_random_uuid()) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    CONSTRAINT staff_name_check CHECK ((name ~ '^[a-z][a-z0-9._-]{1,39}$'::text)),
    CONSTRAINT staff_role_check CHECK ((role = ANY (ARRAY['agent'::text, 'senior'::text, 'finance'::text, 'operations'::text, 'auditor'::text, 'administrator'::text])))
);

ALTER TABLE public.staff ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.staff_link (
    digest bytea NOT NULL,
    staff_id bigint NOT NULL,
    totp bytea,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.staff_passkey (
    id bytea NOT NULL,
    staff_id bigint NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);

CREATE TABLE public.staff_session (
    digest bytea NOT NULL,
    staff_id bigint NOT NULL,
    public_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    proved_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    available_at timestamp with time zone,
    address inet,
    device text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.subject_key (
    account_id bigint NOT NULL,
    part text NOT NULL,
    key bytea,
    made_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT subject_key_check CHECK (((key IS NULL) = (erased_at IS NOT NULL)))
);

CREATE TABLE public.system (
    name text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    last_failure text,
    open_until timestamp with time zone,
    rate_per_second double precision,
    allowance double precision DEFAULT 0 NOT NULL,
    allowance_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    maintenance jsonb DEFAULT '[]'::jsonb NOT NULL
);

CREATE TABLE public.throttle (
    bucket text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    count integer NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.usage_charge (
    line_id bigint NOT NULL,
    usage_ref text NOT NULL,
    name text NOT NULL,
    used_at timestamp with time zone NOT NULL,
    arrived_at timestamp with time zone NOT NULL,
    currency character(3) NOT NULL,
    net bigint NOT NULL,
    tax bigint DEFAULT 0 NOT NULL,
    tax_name text DEFAULT ''::text NOT NULL,
    billed_in text,
    CONSTRAINT usage_charge_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

CREATE TABLE public.waiting_caller (
    id bigint NOT NULL,
    reference text NOT NULL,
    conversation text NOT NULL,
    call_id bigint,
    line_id bigint,
    language text NOT NULL,
    wanted text NOT NULL,
    callback boolean DEFAULT false NOT NULL,
    carried boolean DEFAULT true NOT NULL,
    since timestamp with time zone NOT NULL,
    taken_by bigint,
    taken_at timestamp with time zone,
    left_at timestamp with time zone,
    CONSTRAINT waiting_caller_check CHECK (((taken_by IS NULL) = (taken_at IS NULL))),
    CONSTRAINT waiting_caller_check1 CHECK (((NOT callback) OR (call_id IS NOT NULL))),
    CONSTRAINT waiting_caller_language_check CHECK ((language = ANY (ARRAY['en'::text, 'zh-Hans'::text, 'es'::text]))),
    CONSTRAINT waiting_caller_wanted_check CHECK ((wanted = ANY (ARRAY[''::text, 'status'::text, 'cancel'::text, 'advice'::text, 'callback'::text])))
);

ALTER TABLE public.waiting_caller ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.waiting_caller_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_account_number_key UNIQUE (account_number);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.bill_item
    ADD CONSTRAINT bill_item_pkey PRIMARY KEY (account_id, bill_number, item);

ALTER TABLE ONLY public.bill
    ADD CONSTRAINT bill_pkey PRIMARY KEY (account_id, bill_number);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_line_id_kind_name_key UNIQUE (line_id, kind, name);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.call_code
    ADD CONSTRAINT call_code_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.cancellation
    ADD CONSTRAINT cancellation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.challenge
    ADD CONSTRAINT challenge_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.checklist_tick
    ADD CONSTRAINT checklist_tick_pkey PRIMARY KEY (line_id, item);

ALTER TABLE ONLY public.commitment
    ADD CONSTRAINT commitment_pkey PRIMARY KEY (line_id, commitment_ref);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.declaration
    ADD CONSTRAINT declaration_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.deposit
    ADD CONSTRAINT deposit_pkey PRIMARY KEY (account_id, deposit_ref);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (subject_id, id);

ALTER TABLE ONLY public.final_bill
    ADD CONSTRAINT final_bill_bill_number_key UNIQUE (bill_number);

ALTER TABLE ONLY public.final_bill
    ADD CONSTRAINT final_bill_case_id_currency_version_key UNIQUE (case_id, currency, version);

ALTER TABLE ONLY public.final_bill
    ADD CONSTRAINT final_bill_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.former_contact
    ADD CONSTRAINT former_contact_pkey PRIMARY KEY (account_id, address);

ALTER TABLE ONLY public.guess
    ADD CONSTRAINT guess_pkey PRIMARY KEY (account_id, factor);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (api_key_id, key);

ALTER TABLE ONLY public.instalment_plan
    ADD CONSTRAINT instalment_plan_pkey PRIMARY KEY (line_id, plan_ref);

ALTER TABLE ONLY public.ledger_transaction
    ADD CONSTRAINT ledger_transaction_account_id_source_key UNIQUE (account_id, source);

ALTER TABLE ONLY public.ledger_transaction
    ADD CONSTRAINT ledger_transaction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ledger_transaction
    ADD CONSTRAINT ledger_transaction_reverses_key UNIQUE (reverses);

ALTER TABLE ONLY public.letter
    ADD CONSTRAINT letter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.line
    ADD CONSTRAINT line_line_ref_key UNIQUE (line_ref);

ALTER TABLE ONLY public.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.login
    ADD CONSTRAINT login_passkey_handle_key UNIQUE (passkey_handle);

ALTER TABLE ONLY public.login
    ADD CONSTRAINT login_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.mandate
    ADD CONSTRAINT mandate_pkey PRIMARY KEY (account_id, mandate_ref);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.money_movement
    ADD CONSTRAINT money_movement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.obligation
    ADD CONSTRAINT obligation_pkey PRIMARY KEY (subject_id, system, kind, cycle);

ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (account_id, payment_ref);

ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (plan_code);

ALTER TABLE ONLY public.posting
    ADD CONSTRAINT posting_pkey PRIMARY KEY (transaction_id, entry);

ALTER TABLE ONLY public.prepaid_balance
    ADD CONSTRAINT prepaid_balance_pkey PRIMARY KEY (line_id, currency);

ALTER TABLE ONLY public.queue_item
    ADD CONSTRAINT queue_item_pkey PRIMARY KEY (queue, item);

ALTER TABLE ONLY public.quote
    ADD CONSTRAINT quote_pkey PRIMARY KEY (case_id, version);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (account_id, digest);

ALTER TABLE ONLY public.release_plan
    ADD CONSTRAINT release_plan_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.release_plan
    ADD CONSTRAINT release_plan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.release_step
    ADD CONSTRAINT release_step_pkey PRIMARY KEY (plan_id, system);

ALTER TABLE ONLY public.renewal
    ADD CONSTRAINT renewal_pkey PRIMARY KEY (line_id, period_first);

ALTER TABLE ONLY public.representation_paper
    ADD CONSTRAINT representation_paper_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.representation
    ADD CONSTRAINT representation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.secret_link
    ADD CONSTRAINT secret_link_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_public_id_key UNIQUE (public_id);

ALTER TABLE ONLY public.settlement
    ADD CONSTRAINT settlement_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY public.staff_link
    ADD CONSTRAINT staff_link_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_passkey_handle_key UNIQUE (passkey_handle);

ALTER TABLE ONLY public.staff_passkey
    ADD CONSTRAINT staff_passkey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.staff_session
    ADD CONSTRAINT staff_session_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.staff_session
    ADD CONSTRAINT staff_session_public_id_key UNIQUE (public_id);

ALTER TABLE ONLY public.subject_key
    ADD CONSTRAINT subject_key_pkey PRIMARY KEY (account_id, part);

ALTER TABLE ONLY public.system
    ADD CONSTRAINT system_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.throttle
    ADD CONSTRAINT throttle_pkey PRIMARY KEY (bucket);

ALTER TABLE ONLY public.usage_charge
    ADD CONSTRAINT usage_charge_pkey PRIMARY KEY (line_id, usage_ref);

ALTER TABLE ONLY public.waiting_caller
    ADD CONSTRAINT waiting_caller_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.waiting_caller
    ADD CONSTRAINT waiting_caller_reference_key UNIQUE (reference);

CREATE INDEX account_digits ON public.account USING btree (regexp_replace(account_number, '[^0-9]'::text, ''::text, 'g'::text)) WHERE (account_number ~ '[^0-9]'::text);

CREATE INDEX account_email ON public.account USING btree (lower(email)) WHERE (email IS NOT NULL);

CREATE INDEX account_name ON public.account USING gin (public.name_words(holder_name)) WITH (gin_pending_list_limit='512');

CREATE INDEX account_phone ON public.account USING btree (phone) WHERE (phone IS NOT NULL);

CREATE UNIQUE INDEX approval_open ON public.approval USING btree (kind, about, asked_by, digest) WHERE (state = ANY (ARRAY['waiting'::text, 'approved'::text]));

CREATE INDEX approval_waiting ON public.approval USING btree (expires_at) WHERE (state = ANY (ARRAY['waiting'::text, 'approved'::text]));

CREATE INDEX bill_item_line ON public.bill_item USING btree (line_id, period_end) WHERE (line_id IS NOT NULL);

CREATE INDEX bill_open ON public.bill USING btree (account_id) WHERE ((open_amount > 0) OR (credit_left > 0));

CREATE INDEX bill_unbooked ON public.bill USING btree (account_id, bill_number) WHERE unbooked;

CREATE INDEX call_account ON public.call USING btree (account_id, opened_at DESC);

CREATE INDEX call_code_living ON public.call_code USING btree (account_id) WHERE (used_at IS NULL);

CREATE INDEX call_open ON public.call USING btree (staff_id) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX call_reference ON public.call USING btree (reference) WHERE (ended_at IS NULL);

CREATE INDEX cancellation_contact_unconfirmed ON public.cancellation USING btree (account_id) WHERE ((contact_email IS NOT NULL) AND (contact_confirmed_at IS NULL));

CREATE INDEX cancellation_ended ON public.cancellation USING brin (ended_at) WITH (pages_per_range='32', autosummarize='on');

CREATE INDEX cancellation_line ON public.cancellation USING btree (line_id);

CREATE UNIQUE INDEX cancellation_open ON public.cancellation USING btree (line_id) WHERE (state = ANY (ARRAY['requested'::text, 'in_review'::text, 'scheduled'::text, 'releasing'::text, 'withdrawing'::text]));

CREATE INDEX cancellation_reference ON public.cancellation USING btree (external_reference) WHERE (external_reference IS NOT NULL);

CREATE INDEX cancellation_review ON public.cancellation USING btree (requested_at, id) WHERE (state = 'in_review'::text);

CREATE INDEX cancellation_ripe ON public.cancellation USING btree (priority, ripe_at) WHERE (state = 'scheduled'::text);

CREATE INDEX challenge_expires ON public.challenge USING btree (expires_at);

CREATE INDEX conversation_heard ON public.conversation USING btree (heard_at);

CREATE INDEX declaration_erasing ON public.declaration USING btree (erase_at) WHERE ((state = 'expired'::text) AND (erased_at IS NULL));

CREATE INDEX declaration_waiting ON public.declaration USING btree (expires_at) WHERE (state = 'received'::text);

CREATE INDEX deposit_account ON public.deposit USING btree (account_id) WHERE ((returned_at IS NULL) AND (line_id IS NULL));

CREATE INDEX deposit_line ON public.deposit USING btree (line_id) WHERE ((returned_at IS NULL) AND (line_id IS NOT NULL));

CREATE INDEX deposit_unbooked ON public.deposit USING btree (account_id, deposit_ref) WHERE unbooked;

CREATE INDEX duty_account ON public.duty USING btree (account_id, staff_id, what, at);

CREATE INDEX event_id ON public.event USING brin (id);

CREATE INDEX final_bill_account ON public.final_bill USING btree (account_id);

CREATE INDEX final_bill_kept ON public.final_bill USING btree (issued_at) WHERE (erased_at IS NULL);

CREATE INDEX final_bill_to_tell ON public.final_bill USING btree (id) WHERE to_tell;

CREATE UNIQUE INDEX hold_standing ON public.hold USING btree (line_id, kind) WHERE (lifted_at IS NULL);

CREATE INDEX idempotency_age ON public.idempotency USING brin (created_at);

CREATE INDEX ledger_transaction_account ON public.ledger_transaction USING btree (account_id, id);

CREATE INDEX letter_account ON public.letter USING btree (account_id);

CREATE INDEX letter_declaration ON public.letter USING btree (((facts ->> 'reference'::text))) WHERE (kind = 'declaration_received'::text);

CREATE INDEX line_account ON public.line USING btree (account_id);

CREATE INDEX line_account_live ON public.line USING btree (account_id, id) WHERE (status <> 'closed'::text);

CREATE INDEX line_iccid_closed ON public.line USING btree (iccid) WHERE (status = 'closed'::text);

CREATE UNIQUE INDEX line_iccid_live ON public.line USING btree (iccid) WHERE (status <> 'closed'::text);

CREATE UNIQUE INDEX line_imsi_live ON public.line USING btree (imsi) WHERE (status <> 'closed'::text);

CREATE INDEX line_msisdn_closed ON public.line USING btree (msisdn) WHERE (status = 'closed'::text);

CREATE UNIQUE INDEX line_msisdn_live ON public.line USING btree (msisdn) WHERE (status <> 'closed'::text);

CREATE INDEX line_primary ON public.line USING btree (primary_line_id) WHERE (primary_line_id IS NOT NULL);

CREATE INDEX mandate_method ON public.mandate USING btree (method_ref) WHERE (removed_at IS NULL);

CREATE INDEX money_movement_bill ON public.money_movement USING btree (final_bill_id);

CREATE INDEX money_movement_payment ON public.money_movement USING btree (account_id, payment_ref) WHERE (state = 'due'::text);

CREATE INDEX money_movement_task ON public.money_movement USING btree (asked_at) WHERE ((state = 'due'::text) AND (route = ANY (ARRAY['transfer'::text, 'cheque'::text])));

CREATE INDEX note_account ON public.note USING btree (account_id, id);

CREATE INDEX note_case ON public.note USING btree (case_id, id) WHERE (case_id IS NOT NULL);

CREATE INDEX obligation_accepted ON public.obligation USING btree (system, reference) WHERE ((state = 'due'::text) AND (reference IS NOT NULL));

CREATE INDEX obligation_archive_subject ON ONLY public.obligation_archive USING btree (subject_id);

CREATE INDEX obligation_due ON public.obligation USING btree (system, priority, due_at) WHERE (state = 'due'::text);

CREATE INDEX obligation_fallout ON public.obligation USING btree (subject_id, system, kind, cycle) WHERE (state = 'fallout'::text);

CREATE INDEX passkey_account ON public.passkey USING btree (account_id);

CREATE INDEX payment_bill ON public.payment USING btree (account_id, bill_number) WHERE (bill_number IS NOT NULL);

CREATE INDEX payment_returnable ON public.payment USING btree (account_id, received_at, payment_ref) WHERE ((refunded + returned) < amount);

CREATE INDEX payment_unbooked ON public.payment USING btree (account_id, payment_ref) WHERE unbooked;

CREATE INDEX posting_bill ON public.posting USING btree (bill_number) WHERE ((ledger = 'receivable'::text) AND (bill_number IS NOT NULL));

CREATE INDEX queue_item_staff ON public.queue_item USING btree (staff_id);

CREATE INDEX representation_account ON public.representation USING btree (account_id);

CREATE UNIQUE INDEX representation_paper_once ON public.representation_paper USING btree (representation_id, item, digest);

CREATE INDEX representation_shredding ON public.representation USING btree (shred_at) WHERE (shredded_at IS NULL);

CREATE INDEX representation_waiting ON public.representation USING btree (due_at) WHERE (state = 'open'::text);

CREATE INDEX secret_link_account ON public.secret_link USING btree (account_id) WHERE (used_at IS NULL);

CREATE INDEX session_account ON public.session USING btree (account_id) WHERE (ended_at IS NULL);

CREATE INDEX settlement_account ON public.settlement USING btree (account_id) WHERE (state <> 'done'::text);

CREATE INDEX settlement_due ON public.settlement USING btree (due_at) WHERE (state = ANY (ARRAY['due'::text, 'waiting'::text]));

CREATE INDEX settlement_stuck ON public.settlement USING btree (closed_at) WHERE (state = 'stuck'::text);

CREATE UNIQUE INDEX staff_name ON public.staff USING btree (name);

CREATE INDEX staff_passkey_staff ON public.staff_passkey USING btree (staff_id);

CREATE INDEX staff_session_open ON public.staff_session USING btree (staff_id) WHERE (ended_at IS NULL);

CREATE INDEX usage_charge_unbilled ON public.usage_charge USING btree (line_id) WHERE (billed_in IS NULL);

CREATE UNIQUE INDEX waiting_caller_once ON public.waiting_caller USING btree (conversation, callback) WHERE ((taken_at IS NULL) AND (left_at IS NULL));

CREATE INDEX waiting_caller_open ON public.waiting_caller USING btree (id) WHERE ((taken_at IS NULL) AND (left_at IS NULL));

CREATE INDEX waiting_caller_since ON public.waiting_caller USING btree (since);

CREATE TRIGGER approval_frozen AFTER UPDATE ON public.approval FOR EACH ROW WHEN ((((((((((old.kind IS DISTINCT FROM new.kind) OR (old.about IS DISTINCT FROM new.about)) OR (old.account_id IS DISTINCT FROM new.account_id)) OR (old.asked_by IS DISTINCT FROM new.asked_by)) OR (old.asked_at IS DISTINCT FROM new.asked_at)) OR (old.why IS DISTINCT FROM new.why)) OR (old.terms IS DISTINCT FROM new.terms)) OR (old.digest IS DISTINCT FROM new.digest)) OR (old.expires_at IS DISTINCT FROM new.expires_at))) EXECUTE FUNCTION public.refuse_change('what was asked for is frozen');

CREATE TRIGGER approval_kept BEFORE DELETE ON public.approval FOR EACH ROW EXECUTE FUNCTION public.refuse_change('an approval is never deleted');

CREATE TRIGGER approval_transition AFTER UPDATE OF state ON public.approval FOR EACH ROW WHEN (((old.state <> new.state) AND ((((((old.state <> 'waiting'::text) OR (new.state <> 'approved'::text)) AND ((old.state <> 'waiting'::text) OR (new.state <> 'refused'::text))) AND ((old.state <> 'waiting'::text) OR (new.state <> 'expired'::text))) AND ((old.state <> 'approved'::text) OR (new.state <> 'used'::text))) AND ((old.state <> 'approved'::text) OR (new.state <> 'expired'::text))))) EXECUTE FUNCTION public.refuse_change('this transition does not exist');

CREATE TRIGGER cancellation_kept BEFORE DELETE ON public.cancellation FOR EACH ROW EXECUTE FUNCTION public.refuse_change('a case is never deleted');

CREATE TRIGGER cancellation_transition AFTER UPDATE OF state ON public.cancellation FOR EACH ROW WHEN (((old.state <> new.state) AND (((((((((((((((((old.state <> 'requested'::text) OR (new.state <> 'in_review'::text)) AND ((old.state <> 'requested'::text) OR (new.state <> 'scheduled'::text))) AND ((old.state <> 'requested'::text) OR (new.state <> 'declined'::text))) AND ((old.state <> 'requested'::text) OR (new.state <> 'withdrawn'::text))) AND ((old.state <> 'in_review'::text) OR (new.state <> 'scheduled'::text))) AND ((old.state <> 'in_review'::text) OR (new.state <> 'declined'::text))) AND ((old.state <> 'in_review'::text) OR (new.state <> 'withdrawing'::text))) AND ((old.state <> 'in_review'::text) OR (new.state <> 'withdrawn'::text))) AND ((old.state <> 'scheduled'::text) OR (new.state <> 'in_review'::text))) AND ((old.state <> 'scheduled'::text) OR (new.state <> 'releasing'::text))) AND ((old.state <> 'scheduled'::text) OR (new.state <> 'withdrawing'::text))) AND ((old.state <> 'scheduled'::text) OR (new.state <> 'withdrawn'::text))) AND ((old.state <> 'releasing'::text) OR (new.state <> 'closed'::text))) AND ((old.state <> 'releasing'::text) OR (new.state <> 'withdrawing'::text))) AND ((old.state <> 'releasing'::text) OR (new.state <> 'withdrawn'::text))) AND ((old.state <> 'withdrawing'::text) OR (new.state <> 'withdrawn'::text))))) EXECUTE FUNCTION public.refuse_change('this transition does not exist');

CREATE TRIGGER duty_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.duty FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change('what somebody did stays');

CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change('the audit log is append-only');

CREATE TRIGGER ledger_transaction_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change('the ledger is append-only: a correction is a reversing posting');

CREATE TRIGGER line_stays_closed AFTER UPDATE OF status ON public.line FOR EACH ROW WHEN (((old.status = 'closed'::text) AND (new.status <> 'closed'::text))) EXECUTE FUNCTION public.refuse_change('a closed line comes back only as a new line');

CREATE TRIGGER note_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.note FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change('a note is never changed: write another one');

CREATE TRIGGER obligation_stays_settled AFTER UPDATE OF state ON public.obligation FOR EACH ROW WHEN (((old.state = ANY (ARRAY['discharged'::text, 'void'::text])) AND (new.state <> old.state))) EXECUTE FUNCTION public.refuse_change('a settled obligation never regresses');

CREATE TRIGGER posting_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.posting FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change('the ledger is append-only: a correction is a reversing posting');

CREATE TRIGGER posting_balanced AFTER INSERT ON public.posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.posting_balances();

CREATE TRIGGER quote_frozen BEFORE UPDATE ON public.quote FOR EACH ROW WHEN (((new.items <> '[]'::jsonb) OR (new.continuing <> '[]'::jsonb))) EXECUTE FUNCTION public.refuse_change('a quote is frozen');

CREATE TRIGGER quote_kept BEFORE DELETE ON public.quote FOR EACH ROW EXECUTE FUNCTION public.refuse_change('a quote is frozen');

CREATE TRIGGER release_step_frozen BEFORE DELETE OR UPDATE ON public.release_step FOR EACH ROW EXECUTE FUNCTION public.refuse_change('a release plan is frozen');

CREATE TRIGGER representation_decided AFTER UPDATE OF state ON public.representation FOR EACH ROW WHEN (((old.state <> 'open'::text) AND (new.state <> old.state))) EXECUTE FUNCTION public.refuse_change('what was decided stays decided');

CREATE TRIGGER representation_kept BEFORE DELETE ON public.representation FOR EACH ROW EXECUTE FUNCTION public.refuse_change('a representation is never deleted: its key is shredded');

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.bill
    ADD CONSTRAINT bill_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.bill_item
    ADD CONSTRAINT bill_item_account_id_bill_number_fkey FOREIGN KEY (account_id, bill_number) REFERENCES public.bill(account_id, bill_number);

ALTER TABLE ONLY public.bill_item
    ADD CONSTRAINT bill_item_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.bill
    ADD CONSTRAINT bill_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES public.ledger_transaction(id);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.call_code
    ADD CONSTRAINT call_code_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.cancellation
    ADD CONSTRAINT cancellation_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.cancellation
    ADD CONSTRAINT cancellation_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.release_plan(id);

ALTER TABLE ONLY public.challenge
    ADD CONSTRAINT challenge_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.checklist_tick
    ADD CONSTRAINT checklist_tick_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.commitment
    ADD CONSTRAINT commitment_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.declaration
    ADD CONSTRAINT declaration_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cancellation(id);

ALTER TABLE ONLY public.deposit
    ADD CONSTRAINT deposit_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.deposit
    ADD CONSTRAINT deposit_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.deposit
    ADD CONSTRAINT deposit_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES public.ledger_transaction(id);

ALTER TABLE ONLY public.duty
    ADD CONSTRAINT duty_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.duty
    ADD CONSTRAINT duty_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.final_bill
    ADD CONSTRAINT final_bill_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.final_bill
    ADD CONSTRAINT final_bill_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cancellation(id);

ALTER TABLE ONLY public.former_contact
    ADD CONSTRAINT former_contact_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.hold
    ADD CONSTRAINT hold_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES public.api_key(id);

ALTER TABLE ONLY public.instalment_plan
    ADD CONSTRAINT instalment_plan_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.ledger_transaction
    ADD CONSTRAINT ledger_transaction_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.ledger_transaction
    ADD CONSTRAINT ledger_transaction_reverses_fkey FOREIGN KEY (reverses) REFERENCES public.ledger_transaction(id);

ALTER TABLE ONLY public.letter
    ADD CONSTRAINT letter_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.line
    ADD CONSTRAINT line_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.line
    ADD CONSTRAINT line_plan_code_fkey FOREIGN KEY (plan_code) REFERENCES public.plan(plan_code);

ALTER TABLE ONLY public.line
    ADD CONSTRAINT line_primary_line_id_fkey FOREIGN KEY (primary_line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.login
    ADD CONSTRAINT login_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.mandate
    ADD CONSTRAINT mandate_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.money_movement
    ADD CONSTRAINT money_movement_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.money_movement
    ADD CONSTRAINT money_movement_final_bill_id_fkey FOREIGN KEY (final_bill_id) REFERENCES public.final_bill(id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cancellation(id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT note_written_by_fkey FOREIGN KEY (written_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT passkey_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.login(account_id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES public.ledger_transaction(id);

ALTER TABLE ONLY public.posting
    ADD CONSTRAINT posting_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES public.ledger_transaction(id);

ALTER TABLE ONLY public.prepaid_balance
    ADD CONSTRAINT prepaid_balance_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.queue_item
    ADD CONSTRAINT queue_item_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.quote
    ADD CONSTRAINT quote_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cancellation(id);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.login(account_id);

ALTER TABLE ONLY public.release_step
    ADD CONSTRAINT release_step_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.release_plan(id);

ALTER TABLE ONLY public.renewal
    ADD CONSTRAINT renewal_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.representation
    ADD CONSTRAINT representation_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.representation
    ADD CONSTRAINT representation_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.representation
    ADD CONSTRAINT representation_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.representation_paper
    ADD CONSTRAINT representation_paper_representation_id_fkey FOREIGN KEY (representation_id) REFERENCES public.representation(id);

ALTER TABLE ONLY public.representation_paper
    ADD CONSTRAINT representation_paper_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.secret_link
    ADD CONSTRAINT secret_link_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.settlement
    ADD CONSTRAINT settlement_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.settlement
    ADD CONSTRAINT settlement_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cancellation(id);

ALTER TABLE ONLY public.staff_link
    ADD CONSTRAINT staff_link_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.staff_passkey
    ADD CONSTRAINT staff_passkey_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.staff_session
    ADD CONSTRAINT staff_session_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.subject_key
    ADD CONSTRAINT subject_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.usage_charge
    ADD CONSTRAINT usage_charge_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.waiting_caller
    ADD CONSTRAINT waiting_caller_call_id_fkey FOREIGN KEY (call_id) REFERENCES public.call(id);

ALTER TABLE ONLY public.waiting_caller
    ADD CONSTRAINT waiting_caller_line_id_fkey FOREIGN KEY (line_id) REFERENCES public.line(id);

ALTER TABLE ONLY public.waiting_caller
    ADD CONSTRAINT waiting_caller_taken_by_fkey FOREIGN KEY (taken_by) REFERENCES public.staff(id);
