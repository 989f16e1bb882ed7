-- +goose Up
CREATE TYPE message_direction AS ENUM ('in', 'out');
CREATE TABLE payment_messages (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    direction      message_direction NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('order', 'cancel', 'close', 'auth', 'inquiry', 'reversal', 'batch')),
    at             timestamptz NOT NULL,
    fields         jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'array')
);
CREATE INDEX payment_messages_story ON payment_messages (transaction_id, id);
COMMENT ON TABLE payment_messages IS 'What merchant and acquirer asked and were answered about a transaction, decrypted. Written with the change that it belongs to.';
COMMENT ON COLUMN payment_messages.fields IS 'The fields in their order, [{name, value}]; card numbers masked, card verification codes and keys never kept.';
CREATE TRIGGER payment_messages_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_messages
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE notification_attempts ADD COLUMN answer text NOT NULL DEFAULT '' CHECK (length(answer) <= 500);
COMMENT ON COLUMN notification_attempts.answer IS 'The beginning of what the merchant''s server answered, card numbers masked.';
