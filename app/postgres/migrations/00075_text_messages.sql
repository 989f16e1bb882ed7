-- +goose Up
CREATE TYPE text_state AS ENUM ('pending', 'accepted', 'delivered', 'failed', 'undeliverable', 'withdrawn');

CREATE TABLE text_messages (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference      text NOT NULL UNIQUE CHECK (reference ~ '^[A-Z2-7]{26}$'),
    subject        text NOT NULL,
    recipient      text NOT NULL,
    message_sealed bytea,
    state          text_state NOT NULL DEFAULT 'pending',
    tries          integer NOT NULL DEFAULT 0,
    problem        text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    accepted_at    timestamptz,
    finished_at    timestamptz,
    CHECK ((message_sealed IS NOT NULL) = (state = 'pending'))
);
CREATE INDEX text_messages_pending ON text_messages (subject) WHERE state = 'pending';
CREATE INDEX text_messages_created ON text_messages (created_at);
COMMENT ON TABLE text_messages IS
    'SMS owed to cardholders, written with the code that they carry. A message holds a code and a phone: both are sealed with the field-encryption keyset, bound to the row''s reference, and erased as soon as the gateway has them or nobody wants them any more.';
COMMENT ON COLUMN text_messages.reference IS 'By which the gateway knows the message: it takes one reference once, and its receipts name it.';
COMMENT ON COLUMN text_messages.recipient IS 'The phone, masked.';
COMMENT ON COLUMN text_messages.problem IS 'The last trouble in one word, without phone and code.';
