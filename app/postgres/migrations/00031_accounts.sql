-- +goose Up
CREATE TYPE staff_role AS ENUM ('agent', 'reviewer', 'admin');

ALTER TABLE accounts
    ALTER COLUMN member_id DROP NOT NULL,
    ALTER COLUMN password_hash SET DEFAULT '',
    ADD COLUMN role staff_role,
    ADD COLUMN seat smallint CHECK (seat BETWEEN 1 AND 60),
    ADD COLUMN revision bigint NOT NULL DEFAULT 1,
    ADD COLUMN removed_at timestamptz;
UPDATE accounts a SET seat = n.seat
FROM (SELECT id, row_number() OVER (PARTITION BY member_id ORDER BY id) AS seat FROM accounts WHERE kind = 'assistant') n
WHERE n.id = a.id;
ALTER TABLE accounts
    ADD CONSTRAINT accounts_staff CHECK ((kind = 'staff') = (member_id IS NULL) AND (kind = 'staff') = (role IS NOT NULL)),
    ADD CONSTRAINT accounts_seat CHECK ((seat IS NOT NULL) = (kind = 'assistant' AND status <> 'removed')),
    ADD CONSTRAINT accounts_removed CHECK ((removed_at IS NOT NULL) = (status = 'removed'));
CREATE UNIQUE INDEX accounts_seats ON accounts (member_id, seat);
DROP INDEX accounts_login;
CREATE UNIQUE INDEX accounts_login ON accounts (member_id, lower(login)) WHERE status <> 'removed';
CREATE UNIQUE INDEX accounts_staff_login ON accounts (lower(login)) WHERE kind = 'staff' AND status <> 'removed';
COMMENT ON TABLE accounts IS
    'Who signs in: a member''s owner and assistants (助理帳號), and our own staff, who have a role and no member. password_hash is argon2id in PHC form, empty where there is none. A removed account stays for the audit log.';
COMMENT ON COLUMN accounts.seat IS 'One of the sixty places of a member''s assistants: the limit of the manual''s 助理帳號設定, enforced by the range and the unique index.';
COMMENT ON COLUMN accounts.revision IS 'Counts the changes of what the account may do; whoever remembers permissions compares it.';

-- +goose StatementBegin
CREATE FUNCTION accounts_take_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind <> 'assistant' OR NEW.status = 'removed' THEN
        NEW.seat := NULL;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.seat IS NOT NULL THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM members WHERE id = NEW.member_id FOR NO KEY UPDATE; -- creations of one member wait for each other
    SELECT min(free) INTO NEW.seat FROM generate_series(1, 60) free
    WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.member_id = NEW.member_id AND a.seat = free);
    IF NEW.seat IS NULL THEN
        RAISE EXCEPTION 'member % has sixty assistants', NEW.member_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_seats';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accounts_take_seat BEFORE INSERT OR UPDATE OF kind, status, member_id, seat ON accounts
    FOR EACH ROW EXECUTE FUNCTION accounts_take_seat();

ALTER TABLE account_grants ADD COLUMN until date;
COMMENT ON COLUMN account_grants.until IS 'The last day (Asia/Taipei) on which the grant holds; NULL for no end.';

-- +goose StatementBegin
CREATE FUNCTION accounts_revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts SET revision = revision + 1
    WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.account_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.account_id END);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER account_grants_revise AFTER INSERT OR UPDATE OR DELETE ON account_grants
    FOR EACH ROW EXECUTE FUNCTION accounts_revise();
CREATE TRIGGER account_stores_revise AFTER INSERT OR UPDATE OR DELETE ON account_stores
    FOR EACH ROW EXECUTE FUNCTION accounts_revise();
-- TRUNCATE would pass the rows' triggers by, and remembered permissions would live on.
CREATE TRIGGER account_grants_kept BEFORE TRUNCATE ON account_grants
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_stores_kept BEFORE TRUNCATE ON account_stores
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TYPE sign_in_method AS ENUM ('password', 'passkey');
CREATE TABLE account_sessions (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id        bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    method            sign_in_method NOT NULL,
    address           text NOT NULL,
    agent             text NOT NULL,
    started_at        timestamptz NOT NULL,
    seen_at           timestamptz NOT NULL,
    stepped_up_at     timestamptz NOT NULL,
    viewed_account_id bigint REFERENCES accounts (id),
    ended_at          timestamptz
);
CREATE INDEX account_sessions_open ON account_sessions (account_id) WHERE ended_at IS NULL;
CREATE INDEX account_sessions_seen ON account_sessions (seen_at);
CREATE INDEX account_sessions_viewed ON account_sessions (viewed_account_id) WHERE viewed_account_id IS NOT NULL;
COMMENT ON TABLE account_sessions IS
    'Sign-ins: who, from where, how, since when. The browser''s cookie leads to one through the table sessions. viewed_account_id: the assistant as whom an owner looks at the pages, read-only.';

CREATE TYPE link_purpose AS ENUM ('invitation', 'recovery');
CREATE TABLE account_links (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose    link_purpose NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX account_links_account ON account_links (account_id, id);
COMMENT ON TABLE account_links IS 'One-time links that were mailed to set a password or a passkey, by the SHA-256 of what the link holds.';
