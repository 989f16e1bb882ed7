-- +goose Up
CREATE TYPE member_kind AS ENUM ('enterprise', 'individual');
CREATE TYPE member_status AS ENUM ('active', 'suspended');
CREATE TYPE store_kind AS ENUM ('gateway', 'platform');
CREATE TYPE store_mode AS ENUM ('live', 'test');

CREATE TABLE members (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       member_kind NOT NULL,
    code       text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9]{1,20}$'),
    name       text NOT NULL,
    status     member_status NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE members IS '會員: the merchants. code is the 統一編號 of an enterprise, the 會員代號 of an individual.';

CREATE TABLE stores (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id       bigint NOT NULL REFERENCES members (id),
    merchant_id     text NOT NULL UNIQUE CHECK (merchant_id ~ '^[A-Z0-9]{1,15}$'),
    name            text NOT NULL,
    email           text NOT NULL,
    hash_key_sealed bytea NOT NULL,
    hash_iv_sealed  bytea NOT NULL,
    kind            store_kind NOT NULL,
    mode            store_mode NOT NULL,
    status          member_status NOT NULL DEFAULT 'active',
    three_d         boolean NOT NULL,
    passkey         boolean NOT NULL,
    instalments     smallint[] NOT NULL DEFAULT '{}',
    bonus           boolean NOT NULL DEFAULT false,
    amex            boolean NOT NULL DEFAULT false,
    amount_max      bigint NOT NULL CHECK (amount_max > 0),
    return_url      text NOT NULL DEFAULT '',
    notify_url      text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL,
    UNIQUE (member_id, id)
);
COMMENT ON TABLE stores IS '商店. The keys are sealed with the field-encryption keyset, bound to the merchant_id.';
