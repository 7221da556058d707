-- 双签: who else took a stop upon themselves, kept from the moment it is given, before the visit is signed.
PRAGMA user_version = 8;

-- [med] one row a stop. `lines` is the SHA-256 of the prescription's lines as they stood.
CREATE TABLE second_signatures (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id  INTEGER NOT NULL REFERENCES patients (id),
    doctor_id   INTEGER NOT NULL REFERENCES users (id),
    signer_id   INTEGER NOT NULL REFERENCES users (id),
    signer_name TEXT    NOT NULL CHECK (signer_name <> ''),
    signer_role TEXT    NOT NULL CHECK (signer_role <> ''),
    rule        TEXT    NOT NULL CHECK (rule <> ''),
    drugs       TEXT    NOT NULL,
    lines       BLOB    NOT NULL CHECK (length(lines) = 32),
    reason      TEXT    NOT NULL CHECK (length(reason) >= 4),
    at          INTEGER NOT NULL,
    CHECK (signer_id <> doctor_id)
) STRICT;
CREATE INDEX second_signatures_of ON second_signatures (patient_id, at);

CREATE TRIGGER second_signatures_stay BEFORE UPDATE ON second_signatures BEGIN SELECT RAISE(ABORT, 'a second signature never changes'); END;
CREATE TRIGGER second_signatures_remain BEFORE DELETE ON second_signatures BEGIN SELECT RAISE(ABORT, 'a second signature is never deleted'); END;
