-- The audit log: who did what, when, to which case, from where, by which rule. Append-only.

CREATE TABLE event (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    subject_id bigint NOT NULL DEFAULT 0,    -- the case; 0 where it is about none
    at         timestamptz NOT NULL,
    type       text NOT NULL,
    actor      text NOT NULL,
    channel    text NOT NULL,
    address    inet,
    rule       text,
    detail     jsonb,
    PRIMARY KEY (subject_id, id)
);
CREATE INDEX event_id ON event USING brin (id);

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change('the audit log is append-only');
