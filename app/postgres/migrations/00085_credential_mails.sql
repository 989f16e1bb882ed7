-- +goose Up
CREATE TABLE credential_mails (
    credential_id bigint NOT NULL REFERENCES card_credentials (id) ON DELETE CASCADE,
    mail_index    bytea NOT NULL CHECK (octet_length(mail_index) = 32),
    key_id        bigint NOT NULL,
    PRIMARY KEY (credential_id, mail_index)
);
CREATE INDEX credential_mails_index ON credential_mails (mail_index);
COMMENT ON TABLE credential_mails IS
    'Whose passkey it is: blind indexes of the payer''s mail address when it was bound, under each key of the keyset. The address itself is not kept.';
