-- +goose Up
ALTER TABLE account_grants ADD COLUMN granted_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN account_grants.granted_at IS
    'Since when the account has this level without a break; a new end does not change it. Grants older than the column count from its making.';

CREATE TYPE permission_request_state AS ENUM ('open', 'granted', 'refused', 'withdrawn');
CREATE TABLE permission_requests (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id  bigint NOT NULL,
    account_id bigint NOT NULL,
    unit       text NOT NULL,
    wanted     permit_level NOT NULL CHECK (wanted <> 'none'),
    state      permission_request_state NOT NULL DEFAULT 'open',
    asked_at   timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by bigint,
    FOREIGN KEY (member_id, account_id) REFERENCES accounts (member_id, id) ON DELETE CASCADE,
    FOREIGN KEY (member_id, decided_by) REFERENCES accounts (member_id, id),
    CHECK ((decided_at IS NOT NULL) = (state <> 'open')),
    CHECK ((decided_by IS NOT NULL) = (state IN ('granted', 'refused')))
);
CREATE UNIQUE INDEX permission_requests_one_open ON permission_requests (account_id, unit) WHERE state = 'open';
CREATE INDEX permission_requests_inbox ON permission_requests (member_id, asked_at) WHERE state = 'open';
CREATE INDEX permission_requests_decided ON permission_requests (member_id, decided_at) WHERE decided_by IS NOT NULL;
COMMENT ON TABLE permission_requests IS
    'What assistants asked their owner for (申請此權限): at most one open request for each unit. A removed assistant''s are withdrawn.';

CREATE TABLE grant_uses (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    unit       text NOT NULL,
    level      permit_level NOT NULL,
    used_on    date NOT NULL,
    PRIMARY KEY (account_id, unit, level)
);
COMMENT ON TABLE grant_uses IS
    'The latest day (Asia/Taipei) on which an assistant opened a screen that needs the level of the unit, for the access review.';
