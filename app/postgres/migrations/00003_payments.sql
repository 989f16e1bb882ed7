-- +goose Up
CREATE TYPE transaction_status AS ENUM (
    'pending', 'authorised', 'failed', 'voided',
    'capture_requested', 'capture_sent', 'captured',
    'refund_requested', 'refund_sent', 'refunded');
CREATE TYPE pay_type AS ENUM (
    'full', 'instalment', 'bonus', 'unionpay', 'google_pay', 'apple_pay', 'samsung_pay', 'travel', 'foreign');
CREATE TYPE verification AS ENUM ('none', 'otp', 'passkey');
CREATE TYPE failure_reason AS ENUM ('declined', 'reversed', 'expired');
CREATE TYPE card_brand AS ENUM ('visa', 'mastercard', 'jcb', 'amex', 'unionpay');

CREATE SEQUENCE trade_no_sequence CYCLE MINVALUE 0 MAXVALUE 99999;

CREATE TABLE transactions (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id        bigint NOT NULL,
    store_id         bigint NOT NULL,
    trade_no         text NOT NULL UNIQUE CHECK (trade_no ~ '^[0-9]{17}$'),
    order_no         text NOT NULL CHECK (order_no ~ '^[A-Za-z0-9_]{1,30}$'),
    item_desc        text NOT NULL,
    amount           bigint NOT NULL CHECK (amount BETWEEN 1 AND 9999999999),
    status           transaction_status NOT NULL DEFAULT 'pending',
    pay_type         pay_type NOT NULL DEFAULT 'full',
    verification     verification NOT NULL DEFAULT 'none',
    three_d          boolean NOT NULL DEFAULT false,
    token_bind       boolean NOT NULL DEFAULT false,
    token_charge     boolean NOT NULL DEFAULT false,
    eci              text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL,
    authorised_at    timestamptz,
    captured_at      timestamptz,
    refunded_at      timestamptz,
    settled_at       timestamptz,
    settled          boolean NOT NULL GENERATED ALWAYS AS (settled_at IS NOT NULL) STORED,
    failed_at        timestamptz,
    failure_reason   failure_reason,
    captured_amount  bigint NOT NULL DEFAULT 0 CHECK (captured_amount BETWEEN 0 AND amount),
    refunded_amount  bigint NOT NULL DEFAULT 0 CHECK (refunded_amount BETWEEN 0 AND captured_amount),
    instalments      smallint NOT NULL DEFAULT 0,
    instalment_first bigint NOT NULL DEFAULT 0,
    instalment_each  bigint NOT NULL DEFAULT 0,
    bonus_paid       bigint NOT NULL DEFAULT 0 CHECK (bonus_paid BETWEEN 0 AND amount),
    brand            card_brand,
    card_first6      text NOT NULL DEFAULT '' CHECK (card_first6 ~ '^([0-9]{6})?$'),
    card_last4       text NOT NULL DEFAULT '' CHECK (card_last4 ~ '^([0-9]{4})?$'),
    card_expiry      text NOT NULL DEFAULT '' CHECK (card_expiry ~ '^([0-9]{4})?$'),
    respond_code     text NOT NULL DEFAULT '',
    respond_message  text NOT NULL DEFAULT '',
    auth_code        text NOT NULL DEFAULT '',
    acquirer_bank    text NOT NULL DEFAULT '',
    issuer_bank      text NOT NULL DEFAULT '',
    payment_method   text NOT NULL DEFAULT '',
    payer_ip         text NOT NULL DEFAULT '',
    UNIQUE (store_id, order_no),
    FOREIGN KEY (member_id, store_id) REFERENCES stores (member_id, id),
    CHECK (status IN ('pending', 'failed') OR authorised_at IS NOT NULL),
    CHECK ((status = 'failed') = (failure_reason IS NOT NULL))
);
COMMENT ON TABLE transactions IS '交易: one order of a merchant and what became of its money. Amounts in whole TWD.';

-- The wide key answers any combination of filters from the index alone, newest first.
CREATE INDEX transactions_list ON transactions (
    member_id, created_at DESC, id DESC, store_id, status, amount, pay_type,
    verification, three_d, token_bind, token_charge, settled);
CREATE INDEX transactions_token ON transactions (member_id, created_at DESC, id DESC) WHERE token_bind OR token_charge;
CREATE INDEX transactions_phone ON transactions (member_id, created_at DESC, id DESC) WHERE verification = 'otp';
CREATE INDEX transactions_authorised ON transactions (member_id, authorised_at DESC, id DESC) WHERE authorised_at IS NOT NULL;
CREATE INDEX transactions_captured ON transactions (member_id, captured_at DESC, id DESC) WHERE captured_at IS NOT NULL;
CREATE INDEX transactions_refunded ON transactions (member_id, refunded_at DESC, id DESC) WHERE refunded_at IS NOT NULL;
CREATE INDEX transactions_settled ON transactions (member_id, settled_at DESC, id DESC) WHERE settled_at IS NOT NULL;

CREATE TABLE checkouts (
    transaction_id  bigint PRIMARY KEY REFERENCES transactions (id),
    token_hash      bytea NOT NULL UNIQUE,
    version         text NOT NULL,
    respond_type    text NOT NULL,
    language        text NOT NULL,
    comment         text NOT NULL,
    email           text NOT NULL,
    email_fixed     boolean NOT NULL,
    return_url      text NOT NULL,
    notify_url      text NOT NULL,
    client_back_url text NOT NULL,
    in_full         boolean NOT NULL,
    instalments     smallint[] NOT NULL,
    bonus           boolean NOT NULL,
    major           boolean NOT NULL,
    amex            boolean NOT NULL,
    p3d             boolean NOT NULL,
    expires_at      timestamptz
);
CREATE INDEX checkouts_expiring ON checkouts (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON TABLE checkouts IS 'What the merchant asked for when it sent the cardholder to the hosted page. Immutable.';

CREATE TYPE attempt_state AS ENUM ('asked', 'unknown', 'authorised', 'declined', 'not_charged');

CREATE TABLE attempts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id  bigint NOT NULL REFERENCES transactions (id),
    request_id      text NOT NULL UNIQUE,
    state           attempt_state NOT NULL,
    route           verification NOT NULL,
    route_reason    text NOT NULL,
    simulated       boolean NOT NULL,
    pay_type        pay_type NOT NULL,
    instalments     smallint NOT NULL,
    brand           card_brand NOT NULL,
    card_first6     text NOT NULL CHECK (card_first6 ~ '^[0-9]{6}$'),
    card_last4      text NOT NULL CHECK (card_last4 ~ '^[0-9]{4}$'),
    card_expiry     text NOT NULL CHECK (card_expiry ~ '^[0-9]{4}$'),
    payer_sealed    bytea NOT NULL,
    payer_ip        text NOT NULL,
    asked_at        timestamptz NOT NULL,
    answered_at     timestamptz,
    inquiries       integer NOT NULL DEFAULT 0,
    next_inquiry_at timestamptz
);
CREATE UNIQUE INDEX attempts_one_under_way ON attempts (transaction_id) WHERE state IN ('asked', 'unknown', 'authorised');
CREATE INDEX attempts_open ON attempts (next_inquiry_at) WHERE state IN ('asked', 'unknown');
COMMENT ON TABLE attempts IS 'Each try to authorise a transaction. request_id is the acquirer''s idempotency key; payer_sealed holds name, phone and mail, encrypted.';

CREATE TABLE payment_events (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    attempt_id     bigint REFERENCES attempts (id),
    kind           text NOT NULL,
    from_status    transaction_status,
    to_status      transaction_status NOT NULL,
    amount         bigint NOT NULL,
    actor          text NOT NULL,
    detail         text NOT NULL,
    at             timestamptz NOT NULL
);
CREATE INDEX payment_events_timeline ON payment_events (transaction_id, id);
COMMENT ON TABLE payment_events IS 'Append-only: what happened to a transaction, when and by whom.';

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER payment_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
