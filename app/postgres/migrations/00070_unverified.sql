-- +goose Up
ALTER TYPE failure_reason ADD VALUE 'unverified';
ALTER TABLE attempts ADD COLUMN eci text NOT NULL DEFAULT '' CHECK (eci ~ '^[0-9]{0,2}$');
ALTER TABLE attempts ADD COLUMN token_card_id bigint;
COMMENT ON COLUMN attempts.route IS 'How the cardholder was verified before the acquirer was asked.';
COMMENT ON COLUMN attempts.route_reason IS 'Why that way was tried first.';
COMMENT ON COLUMN attempts.token_card_id IS 'The card in the vault whose network token was charged; NULL for the card number.';
