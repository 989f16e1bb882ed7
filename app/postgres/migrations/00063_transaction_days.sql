-- +goose Up
-- Sums by member, day and store: a year of the largest member is some thousand rows instead of three million.
-- Whoever changes transactions only appends to the changes, so that no payment waits for another at a busy row; a
-- job folds them. Days plus changes are exact at any time, folded or not.
CREATE TABLE transaction_days (
    member_id  bigint NOT NULL,
    day        date   NOT NULL,
    store_id   bigint NOT NULL,
    rows       bigint NOT NULL,
    authorised bigint NOT NULL,
    captured   bigint NOT NULL,
    refunded   bigint NOT NULL,
    PRIMARY KEY (member_id, day, store_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE transaction_days IS 'What transactions created on a day, in Taipei, come to: how many, and the amounts that are authorised and not voided, captured, refunded. transaction_day_changes is still to be added.';

CREATE TABLE transaction_day_changes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id  bigint NOT NULL,
    day        date   NOT NULL,
    store_id   bigint NOT NULL,
    rows       bigint NOT NULL,
    authorised bigint NOT NULL,
    captured   bigint NOT NULL,
    refunded   bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000);
CREATE INDEX transaction_day_changes_member ON transaction_day_changes (member_id, day);
COMMENT ON TABLE transaction_day_changes IS 'What has been added to or, below zero, taken from the sums of a day since transaction_days was last brought up to date.';

-- +goose StatementBegin
CREATE FUNCTION transaction_authorised(status transaction_status, amount bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN status IN ('pending', 'failed', 'voided') THEN 0 ELSE amount END $$;

CREATE FUNCTION transactions_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO transaction_day_changes (member_id, day, store_id, rows, authorised, captured, refunded)
    SELECT member_id, (created_at AT TIME ZONE 'Asia/Taipei')::date, store_id, count(*),
        sum(transaction_authorised(status, amount)), sum(captured_amount), sum(refunded_amount)
    FROM come GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$;

CREATE FUNCTION transactions_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO transaction_day_changes (member_id, day, store_id, rows, authorised, captured, refunded)
    SELECT member_id, (created_at AT TIME ZONE 'Asia/Taipei')::date, store_id, -count(*),
        -sum(transaction_authorised(status, amount)), -sum(captured_amount), -sum(refunded_amount)
    FROM gone GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$;

CREATE FUNCTION transaction_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO transaction_day_changes (member_id, day, store_id, rows, authorised, captured, refunded) VALUES
        (OLD.member_id, (OLD.created_at AT TIME ZONE 'Asia/Taipei')::date, OLD.store_id, -1,
            -transaction_authorised(OLD.status, OLD.amount), -OLD.captured_amount, -OLD.refunded_amount),
        (NEW.member_id, (NEW.created_at AT TIME ZONE 'Asia/Taipei')::date, NEW.store_id, 1,
            transaction_authorised(NEW.status, NEW.amount), NEW.captured_amount, NEW.refunded_amount);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- The triggers hold writers off until the sums of what is there have been taken.
CREATE TRIGGER transactions_come AFTER INSERT ON transactions REFERENCING NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION transactions_come();
CREATE TRIGGER transactions_go AFTER DELETE ON transactions REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION transactions_go();
CREATE TRIGGER transaction_changes AFTER UPDATE ON transactions FOR EACH ROW
    WHEN ((OLD.member_id, OLD.store_id, OLD.created_at, OLD.captured_amount, OLD.refunded_amount,
            transaction_authorised(OLD.status, OLD.amount))
        IS DISTINCT FROM (NEW.member_id, NEW.store_id, NEW.created_at, NEW.captured_amount, NEW.refunded_amount,
            transaction_authorised(NEW.status, NEW.amount)))
    EXECUTE FUNCTION transaction_changes();

INSERT INTO transaction_days (member_id, day, store_id, rows, authorised, captured, refunded)
SELECT member_id, (created_at AT TIME ZONE 'Asia/Taipei')::date, store_id, count(*),
    sum(transaction_authorised(status, amount)), sum(captured_amount), sum(refunded_amount)
FROM transactions GROUP BY 1, 2, 3;
