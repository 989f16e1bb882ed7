-- +goose Up
ALTER TABLE mails
    ALTER COLUMN body SET DEFAULT '',
    ADD COLUMN body_sealed bytea;
COMMENT ON TABLE mails IS
    'Mail owed to people, written with the change that it tells of. A mail may hold a link that lets its reader in: its text is sealed with the field-encryption keyset, bound to the recipient, and emptied when it is sent.';
COMMENT ON COLUMN mails.body IS 'The text of mails that were written before texts were sealed.';
CREATE INDEX mails_sent ON mails (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX mails_owed ON mails (created_at) WHERE sent_at IS NULL;
