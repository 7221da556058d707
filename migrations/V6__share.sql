-- Records that are shared: what came in, to whom it goes, what was confirmed. Data classes as in V1.
PRAGMA user_version = 6;

-- [med] contents by their SHA-256, in pieces of at most 1 MiB; encrypted and checked with the database
CREATE TABLE blobs (
    sha256  BLOB    PRIMARY KEY CHECK (length(sha256) = 32),
    bytes   INTEGER NOT NULL CHECK (bytes >= 0),
    kept_at INTEGER NOT NULL
) STRICT;
CREATE TABLE blob_pieces (
    sha256  BLOB    NOT NULL REFERENCES blobs (sha256),
    piece   INTEGER NOT NULL,
    content BLOB    NOT NULL,
    PRIMARY KEY (sha256, piece)
) STRICT;

-- [id, med] studies and documents. `body` is the document's form, empty for a study; the person's data are as the
-- record claims them.
CREATE TABLE share_items (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL CHECK (kind IN ('study', 'discharge', 'referral')),
    key           TEXT    NOT NULL CHECK (key <> ''),
    version       INTEGER NOT NULL CHECK (version >= 1),
    patient_id    INTEGER REFERENCES patients (id),
    matched_by    TEXT    NOT NULL CHECK (matched_by IN ('', 'rule', 'person')),
    name          TEXT    NOT NULL,
    sex           TEXT    NOT NULL CHECK (sex IN ('male', 'female', 'unknown')),
    birth         TEXT,
    id_number     TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    day           TEXT,
    body          TEXT    NOT NULL,
    original      BLOB    REFERENCES blobs (sha256),
    original_type TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('current', 'superseded', 'withdrawn')),
    confirmed_at  INTEGER,
    created_at    INTEGER NOT NULL,
    created_by    INTEGER NOT NULL REFERENCES users (id),
    UNIQUE (kind, key, version)
) STRICT;
CREATE INDEX share_items_of ON share_items (patient_id) WHERE patient_id IS NOT NULL;

-- [med] `line` is what the confined reader read
CREATE TABLE share_instances (
    sop_uid TEXT    PRIMARY KEY CHECK (sop_uid <> ''),
    item_id INTEGER NOT NULL REFERENCES share_items (id),
    line    TEXT    NOT NULL CHECK (json_valid(line)),
    sha256  BLOB    NOT NULL REFERENCES blobs (sha256),
    bytes   INTEGER NOT NULL
) STRICT;
CREATE INDEX share_instances_of ON share_instances (item_id);

-- [med] what could not be taken in, kept with the reason
CREATE TABLE share_quarantine (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name   TEXT    NOT NULL,
    sha256 BLOB    NOT NULL CHECK (length(sha256) = 32),
    bytes  INTEGER NOT NULL,
    reason TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    UNIQUE (sha256, reason)
) STRICT;

-- [op, sec] receiving sides; `ways` holds addresses, certificates and the client key
CREATE TABLE hubs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    ways          TEXT    NOT NULL CHECK (json_valid(ways)),
    stopped       TEXT    NOT NULL,
    stopped_class TEXT    NOT NULL,
    tested_at     INTEGER,
    software      TEXT    NOT NULL,
    refused_bytes INTEGER,
    skew_s        INTEGER,
    last_ok       INTEGER,
    failures      INTEGER NOT NULL DEFAULT 0,
    next_try      INTEGER
) STRICT;

-- [med] what a patient allowed, and took back
CREATE TABLE consents (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id   INTEGER NOT NULL REFERENCES patients (id),
    purpose      TEXT    NOT NULL CHECK (purpose IN ('treatment', 'referral', 'recognition', 'public-health')),
    kinds        TEXT    NOT NULL,
    hub_id       INTEGER REFERENCES hubs (id),
    manner       TEXT    NOT NULL CHECK (manner IN ('written', 'oral', 'guardian')),
    given_at     INTEGER NOT NULL,
    until        TEXT,
    withdrawn_at INTEGER,
    taken_by     INTEGER NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX consents_of ON consents (patient_id);

-- [op, med] one record on its way to one hub. `act` says what is told: the record, or that it is taken back.
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id     INTEGER NOT NULL REFERENCES share_items (id),
    hub_id      INTEGER NOT NULL REFERENCES hubs (id),
    act         TEXT    NOT NULL CHECK (act IN ('share', 'withdraw')),
    purpose     TEXT    NOT NULL,
    consent_id  INTEGER REFERENCES consents (id),
    priority    INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    next_try    INTEGER NOT NULL,
    error_class TEXT    NOT NULL,
    last_word   TEXT    NOT NULL,
    failed_since INTEGER,
    created_at  INTEGER NOT NULL,
    created_by  INTEGER NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (state, hub_id, priority);
CREATE INDEX deliveries_of ON deliveries (item_id, hub_id);

-- [op] the parts of a delivery, each confirmed by itself
CREATE TABLE delivery_parts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    part        INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('instance', 'transaction')),
    reference   TEXT    NOT NULL,
    sha256      BLOB    NOT NULL REFERENCES blobs (sha256),
    bytes       INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    last_word   TEXT    NOT NULL,
    verified_at INTEGER,
    PRIMARY KEY (delivery_id, part)
) STRICT;

-- [op] proof that a hub has it
CREATE TABLE receipts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL UNIQUE REFERENCES deliveries (id),
    hub         TEXT    NOT NULL,
    software    TEXT    NOT NULL,
    sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
    hub_time    TEXT    NOT NULL,
    raw         TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

-- [op] packages that were written, each chained to the one before it to the same hub
CREATE TABLE packages (
    package     TEXT    PRIMARY KEY,
    hub_id      INTEGER NOT NULL REFERENCES hubs (id),
    manifest    BLOB    NOT NULL CHECK (length(manifest) = 32),
    written_at  INTEGER NOT NULL
) STRICT;

-- [op] packages of others that were taken in
CREATE TABLE packages_in (
    package  TEXT    PRIMARY KEY,
    manifest BLOB    NOT NULL CHECK (length(manifest) = 32),
    taken_at INTEGER NOT NULL
) STRICT;

-- [med] what a doctor decided about a prior result
CREATE TABLE recognitions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id  INTEGER NOT NULL REFERENCES patients (id),
    item        TEXT    NOT NULL,
    prior       TEXT    NOT NULL,
    issuer      TEXT    NOT NULL,
    decision    TEXT    NOT NULL CHECK (decision IN ('recognised', 'repeated')),
    reason      TEXT    CHECK (reason IN ('E1', 'E2', 'E3', 'E4', 'E5', 'E6')),
    words       TEXT    NOT NULL,
    saved_fen   INTEGER NOT NULL CHECK (saved_fen >= 0),
    at          INTEGER NOT NULL,
    doctor_id   INTEGER NOT NULL REFERENCES users (id),
    CHECK ((decision = 'repeated') = (reason IS NOT NULL))
) STRICT;
CREATE INDEX recognitions_of ON recognitions (patient_id);

-- [op] priors that were shown: for the counts
CREATE TABLE recognition_shown (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    prior      TEXT    NOT NULL,
    verdict    TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

-- [med] how a referral went on, each step once
CREATE TABLE referral_steps (
    item_id INTEGER NOT NULL REFERENCES share_items (id),
    seq     INTEGER NOT NULL,
    state   TEXT    NOT NULL,
    words   TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    by      INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (item_id, seq)
) STRICT;

CREATE TRIGGER share_items_remain BEFORE DELETE ON share_items BEGIN SELECT RAISE(ABORT, 'a shared record is never deleted'); END;
CREATE TRIGGER share_items_stay BEFORE UPDATE OF kind, key, version, body, original ON share_items BEGIN SELECT RAISE(ABORT, 'a shared record never changes'); END;
CREATE TRIGGER share_instances_stay BEFORE UPDATE ON share_instances BEGIN SELECT RAISE(ABORT, 'an image never changes'); END;
CREATE TRIGGER share_instances_remain BEFORE DELETE ON share_instances BEGIN SELECT RAISE(ABORT, 'an image is never deleted'); END;
CREATE TRIGGER blob_pieces_stay BEFORE UPDATE ON blob_pieces BEGIN SELECT RAISE(ABORT, 'a content never changes'); END;
CREATE TRIGGER consents_remain BEFORE DELETE ON consents BEGIN SELECT RAISE(ABORT, 'a consent is never deleted'); END;
CREATE TRIGGER deliveries_remain BEFORE DELETE ON deliveries BEGIN SELECT RAISE(ABORT, 'a delivery is never deleted'); END;
CREATE TRIGGER receipts_stay BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'a receipt never changes'); END;
CREATE TRIGGER receipts_remain BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'a receipt is never deleted'); END;
CREATE TRIGGER recognitions_stay BEFORE UPDATE ON recognitions BEGIN SELECT RAISE(ABORT, 'a decision never changes'); END;
CREATE TRIGGER recognitions_remain BEFORE DELETE ON recognitions BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
CREATE TRIGGER referral_steps_stay BEFORE UPDATE ON referral_steps BEGIN SELECT RAISE(ABORT, 'a step never changes'); END;
