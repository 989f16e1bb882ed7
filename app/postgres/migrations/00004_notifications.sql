-- +goose Up
CREATE TYPE notification_state AS ENUM ('pending', 'delivered', 'failed');

CREATE TABLE notifications (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    url            text NOT NULL,
    body           text NOT NULL,
    state          notification_state NOT NULL DEFAULT 'pending',
    created_at     timestamptz NOT NULL,
    finished_at    timestamptz
);
CREATE INDEX notifications_transaction ON notifications (transaction_id, id);
CREATE INDEX notifications_failed ON notifications (finished_at) WHERE state = 'failed';
COMMENT ON TABLE notifications IS 'Messages owed to a merchant''s NotifyURL. body is the form as it is sent, encrypted for the store, frozen with the payment.';

CREATE TABLE notification_attempts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification_id bigint NOT NULL REFERENCES notifications (id),
    at              timestamptz NOT NULL,
    http_status     integer NOT NULL,
    duration_ms     integer NOT NULL,
    error           text NOT NULL
);
CREATE INDEX notification_attempts_notification ON notification_attempts (notification_id, id);
COMMENT ON TABLE notification_attempts IS 'Each delivery tried. http_status is 0 where no answer came.';

CREATE TABLE mails (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient  text NOT NULL,
    subject    text NOT NULL,
    body       text NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at    timestamptz
);
COMMENT ON TABLE mails IS 'Mail owed to payers and merchants, written with the change that it tells of.';
