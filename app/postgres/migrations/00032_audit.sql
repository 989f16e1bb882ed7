-- +goose Up
CREATE TABLE audit_chains (
    chain    bigint PRIMARY KEY CHECK (chain >= 0),
    sequence bigint NOT NULL CHECK (sequence > 0),
    hash     bytea NOT NULL CHECK (length(hash) = 32)
);
COMMENT ON TABLE audit_chains IS
    'The last entry of each chain of audit_entries: whoever appends locks the row, and an entry that was cut off the end is missed. chain is a member''s id, or 0 for the platform.';

CREATE TABLE audit_entries (
    chain         bigint NOT NULL CHECK (chain >= 0),
    sequence      bigint NOT NULL CHECK (sequence > 0),
    at            timestamptz NOT NULL,
    kind          text NOT NULL,
    account_id    bigint NOT NULL,
    login         text NOT NULL,
    viewed_as     text NOT NULL,
    address       text NOT NULL,
    request_id    text NOT NULL,
    subject       text NOT NULL,
    changes       json NOT NULL, -- not jsonb: the text is kept as it was written
    previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
    hash          bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (chain, sequence)
);
-- Pages run by sequence, which the primary key serves; the days of a filter are looked up by time.
CREATE INDEX audit_entries_at ON audit_entries (chain, at, sequence);
CREATE INDEX audit_entries_kind ON audit_entries (chain, kind, sequence);
CREATE INDEX audit_entries_login ON audit_entries (chain, lower(login), sequence);
CREATE INDEX audit_entries_viewed_as ON audit_entries (chain, lower(viewed_as), sequence) WHERE viewed_as <> '';
COMMENT ON TABLE audit_entries IS
    'Who did what, for good: rows are only ever added, and each holds the SHA-256 of itself and of the one before it in its chain. No foreign key: an entry outlives what it tells of. account_id is 0 where it is not known.';

-- +goose StatementBegin
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_append_only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_chains_kept BEFORE DELETE OR TRUNCATE ON audit_chains
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- +goose StatementBegin
CREATE FUNCTION audit_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.sequence = 1
        OR TG_OP = 'UPDATE' AND NEW.chain = OLD.chain AND NEW.sequence = OLD.sequence + 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only: the head of a chain moves by one entry, and starts at the first'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'audit_head_step';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_chains_step BEFORE INSERT OR UPDATE ON audit_chains
    FOR EACH ROW EXECUTE FUNCTION audit_step();
