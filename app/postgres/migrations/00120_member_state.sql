-- +goose Up
-- What was read of a member's people and stores is kept in memory for as long as the versions of a few rows are what
-- they were: what hangs on a member without standing in its row, or in an account's, counts the member's state on.
ALTER TABLE members ADD COLUMN state bigint NOT NULL DEFAULT 1;
COMMENT ON COLUMN members.state IS 'Counts the changes of stores, of saved views and columns, and of who there is; whoever remembers them compares the row''s version.';

-- +goose StatementBegin
CREATE FUNCTION member_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE members SET state = state + 1
    WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.member_id ELSE NEW.member_id END;
    RETURN NULL;
END $$;

CREATE FUNCTION member_state_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE members SET state = state + 1 WHERE id = (
        SELECT member_id FROM accounts
        WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.account_id ELSE NEW.account_id END);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER stores_member_state AFTER INSERT OR UPDATE OR DELETE ON stores
    FOR EACH ROW EXECUTE FUNCTION member_state();
CREATE TRIGGER saved_views_member_state AFTER INSERT OR UPDATE OR DELETE ON saved_views
    FOR EACH ROW EXECUTE FUNCTION member_state();
CREATE TRIGGER list_columns_member_state AFTER INSERT OR UPDATE OR DELETE ON list_columns
    FOR EACH ROW EXECUTE FUNCTION member_state_of_account();
CREATE TRIGGER accounts_member_state AFTER UPDATE OF login, status ON accounts
    FOR EACH ROW WHEN (OLD.login IS DISTINCT FROM NEW.login OR OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION member_state();
