-- +goose Up
CREATE TYPE token_status AS ENUM ('active', 'suspended', 'deleted');
CREATE TYPE token_event_kind AS ENUM ('bind', 'charge');
CREATE TYPE token_change AS ENUM ('suspended', 'resumed', 'renewed', 'deleted');

CREATE TABLE cards (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brand      card_brand NOT NULL,
    first6     text NOT NULL CHECK (first6 ~ '^[0-9]{6}$'),
    last4      text NOT NULL CHECK (last4 ~ '^[0-9]{4}$'),
    expiry     text NOT NULL CHECK (expiry ~ '^[0-9]{4}$'),
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE cards IS 'The vault: cards that have, or had, a network token. The card number is stored nowhere.';

CREATE TABLE card_indexes (
    card_index bytea PRIMARY KEY CHECK (length(card_index) = 32),
    card_id    bigint NOT NULL REFERENCES cards (id),
    key_id     bigint NOT NULL,
    UNIQUE (card_id, key_id)
);
COMMENT ON TABLE card_indexes IS
    'What finds a card by its number: a blind index under each key of the keyset. A key that was added later gets its index when the card is seen next.';

CREATE TABLE network_tokens (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_id       bigint NOT NULL REFERENCES cards (id),
    reference     text NOT NULL UNIQUE CHECK (reference ~ '^[A-Z0-9]{1,32}$'),
    number_sealed bytea NOT NULL,
    number_index  bytea NOT NULL UNIQUE CHECK (length(number_index) = 32),
    expiry        text NOT NULL CHECK (expiry ~ '^[0-9]{4}$'),
    status        token_status NOT NULL DEFAULT 'active',
    created_at    timestamptz NOT NULL,
    renewed_at    timestamptz,
    changed_at    timestamptz
);
CREATE UNIQUE INDEX network_tokens_one_link ON network_tokens (card_id) WHERE status <> 'deleted';
CREATE INDEX network_tokens_card ON network_tokens (card_id, id);
COMMENT ON TABLE network_tokens IS
    'The links of cards to network tokens, those that ended too. The number is sealed with the field-encryption keyset, bound to the reference; its blind index is under the key that sealed it.';

CREATE TABLE token_feed (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    after bigint NOT NULL
);
INSERT INTO token_feed (after) VALUES (0);
COMMENT ON TABLE token_feed IS 'How far the network''s news of tokens were applied.';

CREATE TABLE token_news (
    sequence    bigint PRIMARY KEY,
    reference   text NOT NULL,
    change      token_change NOT NULL,
    expiry      text NOT NULL CHECK (expiry ~ '^[0-9]{4}$'),
    card_last4  text NOT NULL CHECK (card_last4 ~ '^[0-9]{4}$'),
    card_expiry text NOT NULL CHECK (card_expiry ~ '^[0-9]{4}$'),
    at          timestamptz NOT NULL
);
CREATE INDEX token_news_reference ON token_news (reference, sequence);
COMMENT ON TABLE token_news IS 'Append-only: life-cycle events of the network, those of tokens not kept yet too.';
CREATE TRIGGER token_news_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON token_news
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE token_events (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind           token_event_kind NOT NULL,
    card_id        bigint REFERENCES cards (id),
    token_id       bigint REFERENCES network_tokens (id),
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    member_id      bigint NOT NULL,
    store_id       bigint NOT NULL,
    at             timestamptz NOT NULL,
    day            date NOT NULL GENERATED ALWAYS AS ((at AT TIME ZONE 'Asia/Taipei')::date) STORED,
    FOREIGN KEY (member_id, store_id) REFERENCES stores (member_id, id),
    CHECK ((card_id IS NULL) = (token_id IS NULL))
);
CREATE UNIQUE INDEX token_events_bound_once ON token_events (token_id) WHERE kind = 'bind';
CREATE UNIQUE INDEX token_events_charged_once ON token_events (transaction_id) WHERE kind = 'charge';
CREATE UNIQUE INDEX token_events_history_once ON token_events (transaction_id, kind) WHERE token_id IS NULL;
CREATE INDEX token_events_transaction ON token_events (transaction_id, id);
CREATE INDEX token_events_counts ON token_events (member_id, day, store_id, kind);
COMMENT ON TABLE token_events IS
    'Append-only: each Token綁定 once for each link, each Token交易 once for each transaction. They are what is counted, and may be charged for one day.';
COMMENT ON COLUMN token_events.card_id IS 'NULL for payments that are older than the vault.';
COMMENT ON COLUMN token_events.day IS 'The day in Taipei, by which events are counted.';
CREATE TRIGGER token_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON token_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What happened before there was a vault counts too.
INSERT INTO token_events (kind, transaction_id, member_id, store_id, at)
SELECT 'bind'::token_event_kind, id, member_id, store_id, coalesce(authorised_at, created_at) FROM transactions WHERE token_bind
UNION ALL
SELECT 'charge'::token_event_kind, id, member_id, store_id, coalesce(authorised_at, created_at) FROM transactions WHERE token_charge;
