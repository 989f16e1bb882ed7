-- +goose Up
CREATE TYPE export_format AS ENUM ('csv', 'xlsx');
CREATE TYPE export_state AS ENUM ('waiting', 'running', 'done', 'failed');

CREATE TABLE exports (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id    bigint NOT NULL,
    account_id   bigint NOT NULL,
    token_hash   bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    token_sealed bytea NOT NULL,
    asked_by     json NOT NULL,
    store_ids    bigint[],
    direct       boolean NOT NULL,
    format       export_format NOT NULL,
    state        export_state NOT NULL,
    run          integer NOT NULL DEFAULT 0,
    tries        integer NOT NULL DEFAULT 0,
    lease_until  timestamptz,
    query        text NOT NULL,
    subject      text NOT NULL,
    conditions   json NOT NULL,
    columns      text[] NOT NULL,
    date_kind    text NOT NULL,
    file_name    text NOT NULL,
    rows         bigint NOT NULL DEFAULT 0,
    total        bigint NOT NULL DEFAULT -1,
    sheets       integer NOT NULL DEFAULT 0,
    bytes        bigint NOT NULL DEFAULT 0,
    sha256       text NOT NULL DEFAULT '' CHECK (sha256 ~ '^([0-9a-f]{64})?$'),
    failure      text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    snapshot_at  timestamptz,
    finished_at  timestamptz,
    expires_at   timestamptz,
    FOREIGN KEY (member_id, account_id) REFERENCES accounts (member_id, id),
    CHECK ((state = 'done') = (sha256 <> '')),
    CHECK (state <> 'done' OR rows = total AND snapshot_at IS NOT NULL AND finished_at IS NOT NULL),
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state = 'failed') = (failure <> ''))
);
CREATE INDEX exports_of_account ON exports (account_id, id DESC);
CREATE INDEX exports_open ON exports (member_id) WHERE state IN ('waiting', 'running') AND NOT direct;
CREATE INDEX exports_running ON exports (lease_until) WHERE state = 'running';
CREATE INDEX exports_expiring ON exports (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX exports_old ON exports (created_at);
COMMENT ON TABLE exports IS 'Files of transactions that were asked for, and of each that is done what is in it (the manifest).';
COMMENT ON COLUMN exports.account_id IS 'Who may fetch the file, and nobody else.';
COMMENT ON COLUMN exports.token_hash IS 'SHA-256 of what opens the export''s page. token_sealed is the same, encrypted, to show the link again.';
COMMENT ON COLUMN exports.store_ids IS 'The stores that the account managed. NULL: every store of the member.';
COMMENT ON COLUMN exports.direct IS 'The file went straight to whoever asked: none is kept.';
COMMENT ON COLUMN exports.run IS 'Counts the runs of the job: parts of earlier ones are not part of the file.';
COMMENT ON COLUMN exports.lease_until IS 'When a run that shows no progress counts as dead.';
COMMENT ON COLUMN exports.query IS 'The filter, for a job. subject is the same as it may be shown: without a card.';

CREATE TABLE export_parts (
    export_id bigint NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    run       integer NOT NULL,
    part      integer NOT NULL,
    bytes     bytea NOT NULL,
    PRIMARY KEY (export_id, run, part)
);
-- A megabyte is not worth the time of compressing it for a day.
ALTER TABLE export_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;
COMMENT ON TABLE export_parts IS 'The files of exports in parts of a mebibyte. Every process that serves can hand them out; they go when the export expires.';
