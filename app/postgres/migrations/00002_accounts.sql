-- +goose Up
CREATE TYPE account_kind AS ENUM ('owner', 'assistant');
CREATE TYPE account_status AS ENUM ('active', 'suspended');
CREATE TYPE permit_level AS ENUM ('none', 'view', 'manage');

CREATE TABLE accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id       bigint NOT NULL REFERENCES members (id),
    kind            account_kind NOT NULL,
    login           text NOT NULL CHECK (login ~ '^[A-Za-z0-9]{1,20}$'),
    email           text NOT NULL,
    password_hash   text NOT NULL,
    status          account_status NOT NULL DEFAULT 'active',
    created_at      timestamptz NOT NULL,
    last_sign_in_at timestamptz,
    UNIQUE (member_id, id)
);
CREATE UNIQUE INDEX accounts_login ON accounts (member_id, lower(login));
CREATE UNIQUE INDEX accounts_one_owner ON accounts (member_id) WHERE kind = 'owner';
COMMENT ON TABLE accounts IS 'Who signs in for a member: one owner, and assistants (助理帳號). password_hash is argon2id in PHC form.';

CREATE TABLE account_stores (
    member_id  bigint NOT NULL,
    account_id bigint NOT NULL,
    store_id   bigint NOT NULL,
    PRIMARY KEY (account_id, store_id),
    FOREIGN KEY (member_id, account_id) REFERENCES accounts (member_id, id) ON DELETE CASCADE,
    FOREIGN KEY (member_id, store_id) REFERENCES stores (member_id, id)
);
COMMENT ON TABLE account_stores IS '管理商店: the stores an assistant manages. The keys keep account and store in one member.';

CREATE TABLE account_grants (
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    unit       text NOT NULL,
    level      permit_level NOT NULL,
    PRIMARY KEY (account_id, unit)
);
COMMENT ON TABLE account_grants IS '管理者權限: an assistant''s level on one row of the matrix. No row means none.';

CREATE TABLE lockouts (
    scope        text NOT NULL,
    key          bytea NOT NULL,
    failures     integer NOT NULL CHECK (failures >= 0),
    counted_from timestamptz NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (scope, key)
);
COMMENT ON TABLE lockouts IS 'Failures counted towards a lock: sign-in per account name (hashed, existing or not), queries without a find per store.';
