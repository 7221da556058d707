-- Stations whose signature on a referral slip is known here. Data classes as in V1.
PRAGMA user_version = 9;

-- [op] Ed25519 public keys, hexadecimal; a key that is no longer trusted stays, with the day
CREATE TABLE station_keys (
    key      TEXT    PRIMARY KEY CHECK (length(key) = 64),
    name     TEXT    NOT NULL CHECK (name <> ''),
    added_at INTEGER NOT NULL,
    added_by INTEGER NOT NULL REFERENCES users (id),
    ended_at INTEGER
) STRICT;

CREATE TRIGGER station_keys_remain BEFORE DELETE ON station_keys BEGIN SELECT RAISE(ABORT, 'a key is never deleted'); END;
