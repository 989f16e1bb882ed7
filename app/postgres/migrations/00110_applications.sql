-- +goose Up
-- Applications for the Passkey服務, from 申請 to 開通.
CREATE TYPE application_kind AS ENUM ('apply', 'consult');
CREATE TYPE application_state AS ENUM (
	'submitted', 'contacting', 'needs_info', 'confirmed', 'activating', 'activated', 'deactivated', 'returned',
	'withdrawn', 'answered', 'merged'
);
CREATE TYPE application_standing AS ENUM ('waiting', 'proposed', 'active', 'off');

CREATE TABLE applications (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	version        bigint NOT NULL CHECK (version >= 1),
	receipt        text NOT NULL UNIQUE CHECK (receipt ~ '^PK[0-9]{6}-[0-9A-HJKMNP-TV-Z]{6}$'),
	kind           application_kind NOT NULL,
	subject        text NOT NULL CHECK (subject IN ('passkey', 'threed', 'api', 'other')),
	state          application_state NOT NULL,
	name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
	contact_sealed bytea NOT NULL,
	phone_index    bytea NOT NULL,
	mail_index     bytea NOT NULL,
	slots          text[] NOT NULL,
	applied_by     bigint REFERENCES accounts,
	member_id      bigint REFERENCES members,
	assignee_id    bigint REFERENCES accounts,
	submitted_at   timestamptz NOT NULL,
	state_since    timestamptz NOT NULL,
	confirmed_at   timestamptz,
	due_from       date,
	due_until      date,
	due_missing    int[] NOT NULL DEFAULT '{}',
	reason         text NOT NULL DEFAULT '',
	reason_text    text NOT NULL DEFAULT '',
	merged_into    bigint REFERENCES applications,
	CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
	CHECK ((due_from IS NULL) = (due_until IS NULL))
);
COMMENT ON TABLE applications IS 'Applications for the Passkey服務 and questions about it; the person''s data are sealed.';
CREATE INDEX applications_open ON applications (due_until, submitted_at)
	WHERE state IN ('submitted', 'contacting', 'needs_info', 'confirmed', 'activating');
CREATE INDEX applications_member ON applications (member_id, id) WHERE member_id IS NOT NULL;
CREATE INDEX applications_phone ON applications (phone_index);
CREATE INDEX applications_mail ON applications (mail_index);
CREATE INDEX applications_merged ON applications (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE application_stores (
	application_id bigint NOT NULL REFERENCES applications,
	store_id       bigint NOT NULL REFERENCES stores,
	standing       application_standing NOT NULL,
	proposed_by    bigint REFERENCES accounts,
	proposed_at    timestamptz,
	active_at      timestamptz,
	off_at         timestamptz,
	off_reason     text NOT NULL DEFAULT '',
	PRIMARY KEY (application_id, store_id),
	CHECK ((standing = 'proposed') = (proposed_by IS NOT NULL))
);
COMMENT ON TABLE application_stores IS 'The stores that an application asks Passkey for, and where each stands.';
CREATE INDEX application_stores_store ON application_stores (store_id);

CREATE TABLE application_steps (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	application_id bigint NOT NULL REFERENCES applications,
	move           text NOT NULL,
	state          application_state NOT NULL,
	at             timestamptz NOT NULL,
	by_whom        text NOT NULL CHECK (by_whom IN ('staff', 'applicant', 'system')),
	login          text NOT NULL DEFAULT '',
	store          text NOT NULL DEFAULT '',
	reason         text NOT NULL DEFAULT '',
	text           text NOT NULL DEFAULT ''
);
COMMENT ON TABLE application_steps IS 'The history of applications: each move, by whom, and where it led.';
CREATE INDEX application_steps_application ON application_steps (application_id, id);

CREATE TABLE application_contacts (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	application_id bigint NOT NULL REFERENCES applications,
	at             timestamptz NOT NULL,
	login          text NOT NULL,
	how            text NOT NULL CHECK (how IN ('phone', 'mail', 'meeting')),
	result         text NOT NULL CHECK (result IN ('reached', 'no_answer', 'call_back', 'wrong_number')),
	note           text NOT NULL
);
COMMENT ON TABLE application_contacts IS 'The attempts of our staff to reach an applicant.';
CREATE INDEX application_contacts_application ON application_contacts (application_id, id);

CREATE TABLE application_notes (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	application_id bigint NOT NULL REFERENCES applications,
	at             timestamptz NOT NULL,
	login          text NOT NULL,
	text           text NOT NULL
);
COMMENT ON TABLE application_notes IS 'What our staff wrote for each other about an application.';
CREATE INDEX application_notes_application ON application_notes (application_id, id);

CREATE TABLE application_files (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	place          text NOT NULL UNIQUE,
	application_id bigint NOT NULL REFERENCES applications,
	name           text NOT NULL,
	type           text NOT NULL CHECK (type IN ('application/pdf', 'image/jpeg', 'image/png')),
	size           int NOT NULL CHECK (size BETWEEN 1 AND 5242880),
	content_sealed bytea NOT NULL,
	at             timestamptz NOT NULL,
	by_whom        text NOT NULL CHECK (by_whom IN ('staff', 'applicant')),
	login          text NOT NULL DEFAULT ''
);
COMMENT ON TABLE application_files IS 'Attachments of applications; their content is sealed.';
CREATE INDEX application_files_application ON application_files (application_id, id);

CREATE TABLE application_checks (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	application_id bigint NOT NULL REFERENCES applications,
	store_id       bigint NOT NULL REFERENCES stores,
	at             timestamptz NOT NULL,
	found          jsonb NOT NULL
);
COMMENT ON TABLE application_checks IS 'Readiness checks of the stores of applications.';
CREATE INDEX application_checks_application ON application_checks (application_id, store_id, id DESC);

CREATE TABLE application_links (
	token_hash     bytea PRIMARY KEY CHECK (length(token_hash) = 32),
	application_id bigint NOT NULL REFERENCES applications,
	expires_at     timestamptz NOT NULL
);
COMMENT ON TABLE application_links IS 'Mailed links that let an applicant see an application.';
CREATE INDEX application_links_expires ON application_links (expires_at);

CREATE TABLE store_events (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	store_id       bigint NOT NULL REFERENCES stores,
	at             timestamptz NOT NULL,
	passkey_on     boolean NOT NULL,
	login          text NOT NULL,
	reason         text NOT NULL DEFAULT '',
	receipt        text NOT NULL DEFAULT ''
);
COMMENT ON TABLE store_events IS 'When and by whom a store''s Passkey was switched on and off.';
CREATE INDEX store_events_store ON store_events (store_id, id DESC);
CREATE INDEX store_events_on ON store_events (at) WHERE passkey_on;

CREATE TABLE support_views (
	id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account_id bigint NOT NULL REFERENCES accounts,
	name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
	query      text NOT NULL,
	shared     boolean NOT NULL,
	UNIQUE (account_id, name)
);
COMMENT ON TABLE support_views IS 'Filters of the application queue that our staff have saved.';
