-- +goose Up
CREATE TABLE workday_imports (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    year        integer NOT NULL CHECK (year BETWEEN 1980 AND 9999),
    csv         text NOT NULL CHECK (length(csv) <= 65536),
    imported_by bigint NOT NULL REFERENCES accounts (id),
    at          timestamptz NOT NULL
);
CREATE INDEX workday_imports_latest ON workday_imports (year, id DESC);
COMMENT ON TABLE workday_imports IS
    'Years of the working-day calendar that our staff imported; the latest of a year counts, and comes before what the program brings along. Append-only.';
COMMENT ON COLUMN workday_imports.csv IS 'The days that differ from others of their week: date,kind,name.';
CREATE TRIGGER workday_imports_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON workday_imports
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
