-- The table that alexedwards/scs keeps sign-in sessions in (its postgresstore names the columns).
-- +goose Up

CREATE TABLE sessions (
    token text PRIMARY KEY,
    data bytea NOT NULL,
    expiry timestamptz NOT NULL
);
COMMENT ON TABLE sessions IS 'Sign-in sessions: an encoded value under an unguessable token, until its expiry';
CREATE INDEX sessions_expiry_idx ON sessions (expiry);
