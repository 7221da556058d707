-- The first form of a station's database. Forward only; never edited once released.
-- Data classes: [id] names a person, [med] medical, [op] running the station, [sec] security.
-- Moments are milliseconds since 1970 UTC; days are ISO 8601 text.
PRAGMA user_version = 1;

-- [op] one row: which station this is. The epoch grows with every restore, so that numbers are never used twice.
CREATE TABLE station (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    id           TEXT    NOT NULL CHECK (length(id) = 16),
    epoch        INTEGER NOT NULL CHECK (epoch >= 1),
    clinic_name  TEXT    NOT NULL CHECK (clinic_name <> ''),
    setting      TEXT    NOT NULL CHECK (setting IN ('village', 'township')),
    created_at   INTEGER NOT NULL
) STRICT;

-- [op]
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- [op, id] who may sign in; their keys are in keys.toml beside the database
CREATE TABLE users (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    display_name TEXT    NOT NULL CHECK (display_name <> ''),
    roles        TEXT    NOT NULL CHECK (roles <> ''),
    active       INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_at   INTEGER NOT NULL
) STRICT;

-- [id, med]
CREATE TABLE patients (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    revision        INTEGER NOT NULL DEFAULT 1,
    name            TEXT    NOT NULL CHECK (name <> ''),
    sex             TEXT    NOT NULL CHECK (sex IN ('male', 'female', 'unknown')),
    birth           TEXT    CHECK (birth IS NULL OR length(birth) = 10),
    birth_estimated INTEGER NOT NULL CHECK (birth_estimated IN (0, 1)),
    id_number       TEXT    UNIQUE CHECK (id_number IS NULL OR length(id_number) = 18),
    phone           TEXT    CHECK (phone IS NULL OR length(phone) BETWEEN 7 AND 12),
    address         TEXT    NOT NULL,
    allergies_known TEXT    NOT NULL CHECK (allergies_known IN ('not-asked', 'none', 'known')),
    weight_grams    INTEGER CHECK (weight_grams BETWEEN 300 AND 400000),
    weight_on       TEXT,
    pregnant_weeks  INTEGER CHECK (pregnant_weeks BETWEEN 0 AND 44),
    pregnant_on     TEXT,
    lactating       INTEGER NOT NULL CHECK (lactating IN (0, 1)),
    last_visit_at   INTEGER,
    created_at      INTEGER NOT NULL,
    created_by      INTEGER NOT NULL REFERENCES users (id),
    CHECK ((weight_grams IS NULL) = (weight_on IS NULL)),
    CHECK ((pregnant_weeks IS NULL) = (pregnant_on IS NULL))
) STRICT;
CREATE INDEX patients_name ON patients (name);
CREATE INDEX patients_seen ON patients (last_visit_at) WHERE last_visit_at IS NOT NULL;
CREATE INDEX patients_phone ON patients (phone) WHERE phone IS NOT NULL;

-- [id, med] what a correction replaced
CREATE TABLE patient_revisions (
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    revision   INTEGER NOT NULL,
    replaced_at INTEGER NOT NULL,
    replaced_by INTEGER NOT NULL REFERENCES users (id),
    was        TEXT    NOT NULL CHECK (json_valid(was)),
    PRIMARY KEY (patient_id, revision)
) STRICT, WITHOUT ROWID;

-- [med]
CREATE TABLE allergies (
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    seq        INTEGER NOT NULL,
    substance  TEXT    NOT NULL CHECK (substance <> ''),
    kind       TEXT    NOT NULL CHECK (kind IN ('drug', 'food', 'other')),
    severity   TEXT    NOT NULL CHECK (severity IN ('unknown', 'mild', 'severe')),
    reaction   TEXT    NOT NULL,
    PRIMARY KEY (patient_id, seq)
) STRICT, WITHOUT ROWID;

-- [med]
CREATE TABLE problems (
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    seq        INTEGER NOT NULL,
    text       TEXT    NOT NULL CHECK (text <> ''),
    PRIMARY KEY (patient_id, seq)
) STRICT, WITHOUT ROWID;

-- [id] what a person is found by. n name, f full pinyin, i initials (0 from the first character, 1 from a later one);
-- p telephone from any digit on, r ID number read backwards, b birth day without dashes.
CREATE TABLE patient_keys (
    kind       TEXT    NOT NULL CHECK (kind IN ('n0', 'n1', 'f0', 'f1', 'i0', 'i1', 'p', 'r', 'b')),
    key        TEXT    NOT NULL CHECK (key <> ''),
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    PRIMARY KEY (kind, key, patient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_keys_of ON patient_keys (patient_id);

-- [id] the waiting room
CREATE TABLE waiting (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id INTEGER NOT NULL UNIQUE REFERENCES patients (id),
    since      INTEGER NOT NULL,
    reason     TEXT    NOT NULL
) STRICT;

-- [med] open visits, one row each
CREATE TABLE drafts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    doctor_id  INTEGER NOT NULL REFERENCES users (id),
    opened_at  INTEGER NOT NULL,
    saved_at   INTEGER NOT NULL,
    typing     TEXT    NOT NULL,
    body       TEXT    NOT NULL CHECK (json_valid(body)),
    UNIQUE (patient_id, doctor_id)
) STRICT;

-- [med] signed visits. `body` is what was signed, `sha256` is over it; the tables below are read from it.
CREATE TABLE visits (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id  INTEGER NOT NULL REFERENCES patients (id),
    doctor_id   INTEGER NOT NULL REFERENCES users (id),
    doctor_name TEXT    NOT NULL,
    opened_at   INTEGER NOT NULL,
    signed_at   INTEGER NOT NULL,
    setting     TEXT    NOT NULL CHECK (setting IN ('village', 'township')),
    triage      TEXT    CHECK (triage IN ('emergency', 'urgent', 'routine', 'self-care')),
    knowledge   TEXT    NOT NULL,
    model       TEXT,
    supersedes  INTEGER UNIQUE REFERENCES visits (id),
    body        TEXT    NOT NULL CHECK (json_valid(body)),
    sha256      BLOB    NOT NULL CHECK (length(sha256) = 32)
) STRICT;
CREATE INDEX visits_of ON visits (patient_id, signed_at);
CREATE INDEX visits_by_day ON visits (signed_at);

-- [med]
CREATE TABLE visit_diagnoses (
    visit_id  INTEGER NOT NULL REFERENCES visits (id),
    seq       INTEGER NOT NULL,
    name      TEXT    NOT NULL CHECK (name <> ''),
    icd10     TEXT    NOT NULL,
    condition TEXT,
    certainty TEXT    NOT NULL CHECK (certainty IN ('confirmed', 'suspected', 'rule-out')),
    PRIMARY KEY (visit_id, seq)
) STRICT, WITHOUT ROWID;

-- [med] what the program showed: ranked conditions, do-not-miss rules, plans
CREATE TABLE advice (
    visit_id    INTEGER NOT NULL REFERENCES visits (id),
    kind        TEXT    NOT NULL CHECK (kind IN ('condition', 'do-not-miss', 'plan')),
    seq         INTEGER NOT NULL,
    rule        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    probability REAL,
    PRIMARY KEY (visit_id, kind, seq)
) STRICT, WITHOUT ROWID;

-- [med] one sheet number per visit and day: 20261124-003
CREATE TABLE prescriptions (
    id       INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL UNIQUE REFERENCES visits (id),
    day      TEXT    NOT NULL,
    of_day   INTEGER NOT NULL CHECK (of_day >= 1),
    UNIQUE (day, of_day)
) STRICT;

-- [med]
CREATE TABLE prescription_items (
    prescription_id INTEGER NOT NULL REFERENCES prescriptions (id),
    seq             INTEGER NOT NULL,
    drug            TEXT,
    name            TEXT    NOT NULL CHECK (name <> ''),
    strength        TEXT    NOT NULL,
    dose            TEXT    NOT NULL CHECK (dose <> ''),
    dose_unit       TEXT    NOT NULL CHECK (dose_unit <> ''),
    route           TEXT    NOT NULL CHECK (route <> ''),
    frequency       TEXT    NOT NULL CHECK (frequency <> ''),
    days            INTEGER CHECK (days > 0),
    quantity        INTEGER CHECK (quantity > 0),
    quantity_unit   TEXT    NOT NULL,
    skin_test       TEXT    CHECK (skin_test IN ('not-done', 'negative', 'positive', 'continued')),
    PRIMARY KEY (prescription_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX prescription_items_drug ON prescription_items (drug) WHERE drug IS NOT NULL;

-- [med] every alert that was shown, with its answer
CREATE TABLE alert_answers (
    visit_id   INTEGER NOT NULL REFERENCES visits (id),
    seq        INTEGER NOT NULL,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    rule       TEXT    NOT NULL,
    drugs      TEXT    NOT NULL,
    tier       TEXT    NOT NULL CHECK (tier IN ('stop', 'warn', 'note', 'log')),
    category   TEXT    NOT NULL,
    reason     INTEGER CHECK (reason BETWEEN 1 AND 9),
    words      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (visit_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_answers_of ON alert_answers (patient_id, at) WHERE reason IS NOT NULL;

-- [op, med] everything that leaves the station
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    revision   INTEGER NOT NULL CHECK (revision >= 1),
    kind       TEXT    NOT NULL,
    object     TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    sha256     BLOB    NOT NULL CHECK (length(sha256) = 32),
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'accepted', 'refused', 'parked')),
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    next_try   INTEGER NOT NULL,
    last_word  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (state, next_try);

-- [sec] the chained log
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    role    TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    object  TEXT    NOT NULL,
    outcome TEXT    NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    prev    BLOB    NOT NULL CHECK (length(prev) = 32),
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What is signed or logged stays as it is, whichever program holds the key.
CREATE TRIGGER visits_stay BEFORE UPDATE ON visits BEGIN SELECT RAISE(ABORT, 'a signed visit never changes'); END;
CREATE TRIGGER visits_remain BEFORE DELETE ON visits BEGIN SELECT RAISE(ABORT, 'a signed visit is never deleted'); END;
CREATE TRIGGER visit_diagnoses_stay BEFORE UPDATE ON visit_diagnoses BEGIN SELECT RAISE(ABORT, 'a signed visit never changes'); END;
CREATE TRIGGER visit_diagnoses_remain BEFORE DELETE ON visit_diagnoses BEGIN SELECT RAISE(ABORT, 'a signed visit is never deleted'); END;
CREATE TRIGGER advice_stays BEFORE UPDATE ON advice BEGIN SELECT RAISE(ABORT, 'a signed visit never changes'); END;
CREATE TRIGGER advice_remains BEFORE DELETE ON advice BEGIN SELECT RAISE(ABORT, 'a signed visit is never deleted'); END;
CREATE TRIGGER prescriptions_stay BEFORE UPDATE ON prescriptions BEGIN SELECT RAISE(ABORT, 'a signed visit never changes'); END;
CREATE TRIGGER prescriptions_remain BEFORE DELETE ON prescriptions BEGIN SELECT RAISE(ABORT, 'a signed visit is never deleted'); END;
CREATE TRIGGER prescription_items_stay BEFORE UPDATE ON prescription_items BEGIN SELECT RAISE(ABORT, 'a signed visit never changes'); END;
CREATE TRIGGER prescription_items_remain BEFORE DELETE ON prescription_items BEGIN SELECT RAISE(ABORT, 'a signed visit is never deleted'); END;
CREATE TRIGGER alert_answers_stay BEFORE UPDATE ON alert_answers BEGIN SELECT RAISE(ABORT, 'a signed visit never changes'); END;
CREATE TRIGGER alert_answers_remain BEFORE DELETE ON alert_answers BEGIN SELECT RAISE(ABORT, 'a signed visit is never deleted'); END;
CREATE TRIGGER patients_remain BEFORE DELETE ON patients BEGIN SELECT RAISE(ABORT, 'a patient is never deleted'); END;
CREATE TRIGGER patient_revisions_stay BEFORE UPDATE ON patient_revisions BEGIN SELECT RAISE(ABORT, 'a replaced entry never changes'); END;
CREATE TRIGGER patient_revisions_remain BEFORE DELETE ON patient_revisions BEGIN SELECT RAISE(ABORT, 'a replaced entry is never deleted'); END;
CREATE TRIGGER outbox_remains BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'a message is never deleted'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log never changes'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is never cut'); END;
