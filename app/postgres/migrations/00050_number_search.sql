-- +goose Up
ALTER TABLE transactions ADD COLUMN mandate_no text NOT NULL DEFAULT '' CHECK (mandate_no ~ '^[A-Za-z0-9_]{0,30}$'),
    ADD COLUMN card_index bytea CHECK (length(card_index) = 32);
ALTER TABLE attempts ADD COLUMN card_index bytea CHECK (length(card_index) = 32);
COMMENT ON COLUMN transactions.mandate_no IS '委託單號: of the mandate that the transaction is a period of; empty for none.';
COMMENT ON COLUMN transactions.card_index IS
    'The blind index of the card number: HMAC-SHA-256 with a key of the field-encryption keyset. NULL before a card was used, and for what is older than the column.';
COMMENT ON COLUMN attempts.card_index IS 'The blind index of the card number, known while the attempt is under way. transactions.card_index takes it over with the outcome.';

-- The latest attempt of a transaction was found by reading attempts backwards; only those under way had an index.
CREATE INDEX attempts_story ON attempts (transaction_id, id);

-- What 輸入查詢 looks up. Trade and order numbers have their unique indexes.
CREATE INDEX transactions_card ON transactions (member_id, card_last4, card_first6, created_at DESC, id DESC)
    WHERE card_last4 <> '';
CREATE INDEX transactions_auth_code ON transactions (member_id, auth_code, created_at DESC, id DESC)
    WHERE auth_code <> '';
CREATE INDEX transactions_mandate ON transactions (member_id, mandate_no, created_at DESC, id DESC)
    WHERE mandate_no <> '';
CREATE INDEX transactions_card_index ON transactions (member_id, card_index, created_at DESC, id DESC)
    WHERE card_index IS NOT NULL;

-- What 待處理 starts from: some rows of the day, until the close takes them.
CREATE INDEX transactions_waiting ON transactions (member_id, created_at DESC, id DESC)
    WHERE status IN ('capture_requested', 'refund_requested');

-- With the amounts of captures and refunds in the wide key, exact totals read the index alone: of 400,000 rows a
-- selective year takes 42 ms instead of 265, the whole year 285 instead of 600. The index is a fifth larger.
CREATE INDEX transactions_wide ON transactions (
    member_id, created_at DESC, id DESC, store_id, status, amount, pay_type,
    verification, three_d, token_bind, token_charge, settled, captured_amount, refunded_amount);
DROP INDEX transactions_list;
ALTER INDEX transactions_wide RENAME TO transactions_list;

-- Counts and totals read the wide key alone as long as the visibility map is fresh: with a twentieth of a
-- month's rows updated and no vacuum, totals take three times as long. A fifth of the table, the usual
-- threshold, would be two million rows.
ALTER TABLE transactions SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_insert_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 5000);
ALTER TABLE attempts SET (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE payment_events SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
