-- +goose Up
-- The time limit moves to the row whose status ends it, so that looking for
-- what has expired reads an index of the pending ones, however many are over.
ALTER TABLE transactions ADD COLUMN expires_at timestamptz;
UPDATE transactions t SET expires_at = c.expires_at FROM checkouts c
    WHERE c.transaction_id = t.id AND c.expires_at IS NOT NULL;
CREATE INDEX transactions_expiring ON transactions (expires_at) WHERE status = 'pending' AND expires_at IS NOT NULL;
ALTER TABLE checkouts DROP COLUMN expires_at;
