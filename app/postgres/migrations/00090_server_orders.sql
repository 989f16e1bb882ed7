-- +goose Up
ALTER TABLE checkouts ADD COLUMN by_server boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN checkouts.by_server IS
    '幕後: the order came from the merchant''s server together with its card, not with the cardholder''s browser.';
ALTER TYPE verification_state ADD VALUE 'arriving' BEFORE 'choosing';
