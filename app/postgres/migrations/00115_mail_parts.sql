-- +goose Up
ALTER TABLE mails
    ADD COLUMN html_sealed bytea,
    ADD COLUMN tries     integer NOT NULL DEFAULT 0,
    ADD COLUMN tried_at  timestamptz,
    ADD COLUMN failed_at timestamptz,
    ADD COLUMN failure   text NOT NULL DEFAULT '' CHECK (length(failure) <= 200),
    ADD CONSTRAINT mails_one_end CHECK (sent_at IS NULL OR failed_at IS NULL);
CREATE INDEX mails_failed ON mails (failed_at) WHERE failed_at IS NOT NULL;
DROP INDEX mails_owed;
CREATE INDEX mails_owed ON mails (created_at) WHERE sent_at IS NULL AND failed_at IS NULL;
COMMENT ON COLUMN mails.html_sealed IS 'What body_sealed says, as HTML; sealed and emptied with it. NULL for text alone.';
COMMENT ON COLUMN mails.tries IS 'How often the mail was handed to the mail server in vain.';
COMMENT ON COLUMN mails.failed_at IS
    'When the mail was given up: the mail server refused it for good, or took it at none of the tries.';
COMMENT ON COLUMN mails.failure IS 'What the last try in vain came to; it names no recipient and quotes no text.';
