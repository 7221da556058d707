-- Drug traceability: an append-only ledger of every pack, and what is folded from it for speed.
-- Data classes as in V1: [id] names a person, [med] medical, [op] running the station, [sec] security.
PRAGMA user_version = 3;

-- [op] the station's catalogue of what it buys
CREATE TABLE trace_products (
    id        TEXT    PRIMARY KEY CHECK (id <> ''),
    name      TEXT    NOT NULL CHECK (name <> ''),
    strength  TEXT    NOT NULL,
    form      TEXT    NOT NULL,
    maker     TEXT    NOT NULL,
    approval  TEXT    NOT NULL,
    drug      TEXT,
    prefix    TEXT    NOT NULL CHECK (prefix = '' OR length(prefix) = 7),
    gtin      TEXT    NOT NULL CHECK (gtin = '' OR length(gtin) = 14),
    units     INTEGER NOT NULL CHECK (units >= 1),
    unit      TEXT    NOT NULL CHECK (unit <> ''),
    pack_unit TEXT    NOT NULL CHECK (pack_unit <> ''),
    insurance TEXT    NOT NULL,
    rx        INTEGER NOT NULL CHECK (rx IN (0, 1)),
    price_fen INTEGER CHECK (price_fen >= 0),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX trace_products_prefix ON trace_products (prefix) WHERE prefix <> '';
CREATE INDEX trace_products_gtin ON trace_products (gtin) WHERE gtin <> '';

-- [op] pooled procurement: what the county's list says
CREATE TABLE trace_agreements (
    batch     TEXT    NOT NULL CHECK (batch <> ''),
    product   TEXT    NOT NULL REFERENCES trace_products (id),
    agreed    INTEGER NOT NULL CHECK (agreed >= 0),
    price_fen INTEGER NOT NULL CHECK (price_fen >= 0),
    starts    TEXT    NOT NULL CHECK (length(starts) = 10),
    ends      TEXT    NOT NULL CHECK (length(ends) = 10 AND ends >= starts),
    PRIMARY KEY (batch, product, starts)
) STRICT, WITHOUT ROWID;

-- [op] whose events they are: station and stream; the epoch is part of the stream's name
CREATE TABLE trace_streams (
    id      INTEGER PRIMARY KEY,
    station TEXT    NOT NULL CHECK (station <> ''),
    stream  TEXT    NOT NULL CHECK (stream <> ''),
    UNIQUE (station, stream)
) STRICT;

-- [op] each pack as folded from its events; `state` NULL = every event of it was taken back
CREATE TABLE trace_packs (
    id           INTEGER PRIMARY KEY,
    code         TEXT    NOT NULL UNIQUE CHECK (code <> ''),
    product      TEXT    NOT NULL,
    lot          TEXT    NOT NULL,
    made         TEXT,
    expiry       TEXT,
    level        INTEGER NOT NULL CHECK (level >= 1),
    parent       TEXT,
    units        INTEGER NOT NULL CHECK (units >= 0),
    state        TEXT,
    shelf        INTEGER NOT NULL CHECK (shelf >= 0),
    held         INTEGER NOT NULL CHECK (held >= 0),
    place        TEXT    NOT NULL,
    label_lost   INTEGER NOT NULL CHECK (label_lost IN (0, 1)),
    from_patient INTEGER NOT NULL CHECK (from_patient IN (0, 1)),
    recall       TEXT,
    received     INTEGER NOT NULL,
    dispensed    INTEGER NOT NULL,
    back         INTEGER NOT NULL,
    sent_back    INTEGER NOT NULL,
    destroyed    INTEGER NOT NULL,
    lost         INTEGER NOT NULL,
    found        INTEGER NOT NULL,
    CHECK (received + back + found - dispensed - sent_back - destroyed - lost = shelf + held),
    CHECK (shelf + held <= units)
) STRICT;
CREATE INDEX trace_packs_lot ON trace_packs (product, lot);
CREATE INDEX trace_packs_parent ON trace_packs (parent) WHERE parent IS NOT NULL;
CREATE INDEX trace_packs_shelf ON trace_packs (product, expiry, code) WHERE shelf > 0;
CREATE INDEX trace_packs_held ON trace_packs (state, product) WHERE held > 0;

-- [op, med] what happened, in order; `reverses` names an earlier event of the same stream
CREATE TABLE trace_events (
    stream   INTEGER NOT NULL REFERENCES trace_streams (id),
    seq      INTEGER NOT NULL CHECK (seq >= 1),
    pack     INTEGER NOT NULL REFERENCES trace_packs (id),
    kind     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    body     TEXT    NOT NULL CHECK (json_valid(body)),
    bill     TEXT    NOT NULL,
    partner  TEXT    NOT NULL,
    visit    INTEGER REFERENCES visits (id),
    patient  INTEGER REFERENCES patients (id),
    line     INTEGER,
    reverses INTEGER,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (stream, seq),
    UNIQUE (stream, reverses)
) STRICT, WITHOUT ROWID;
CREATE INDEX trace_events_pack ON trace_events (pack);
CREATE INDEX trace_events_visit ON trace_events (visit) WHERE visit IS NOT NULL;
CREATE INDEX trace_events_bill ON trace_events (bill) WHERE bill <> '';

-- [op] sums over the packs of a product and lot, kept with every event
CREATE TABLE trace_lots (
    product   TEXT    NOT NULL,
    lot       TEXT    NOT NULL,
    expiry    TEXT    NOT NULL,
    received  INTEGER NOT NULL,
    dispensed INTEGER NOT NULL,
    back      INTEGER NOT NULL,
    sent_back INTEGER NOT NULL,
    destroyed INTEGER NOT NULL,
    lost      INTEGER NOT NULL,
    found     INTEGER NOT NULL,
    shelf     INTEGER NOT NULL,
    held      INTEGER NOT NULL,
    packs     INTEGER NOT NULL,
    open      INTEGER NOT NULL,
    expected  INTEGER NOT NULL,
    PRIMARY KEY (product, lot, expiry),
    CHECK (received + back + found - dispensed - sent_back - destroyed - lost = shelf + held)
) STRICT, WITHOUT ROWID;
CREATE INDEX trace_lots_live ON trace_lots (product) WHERE shelf > 0 OR held > 0 OR expected > 0;

-- [op]
CREATE TABLE trace_recalls (
    id         TEXT    PRIMARY KEY CHECK (id <> ''),
    class      INTEGER NOT NULL CHECK (class BETWEEN 1 AND 3),
    nature     TEXT    NOT NULL CHECK (nature IN ('real', 'drill')),
    product    TEXT    NOT NULL,
    lots       TEXT    NOT NULL CHECK (json_valid(lots)),
    first_code TEXT,
    last_code  TEXT,
    reason     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- [op] thermometers; a measure may be written once
CREATE TABLE trace_readings (
    place    TEXT    NOT NULL CHECK (place <> ''),
    at       INTEGER NOT NULL,
    zone     TEXT    NOT NULL CHECK (zone IN ('room', 'cool', 'cold')),
    tenths   INTEGER NOT NULL CHECK (tenths BETWEEN -900 AND 900),
    humidity INTEGER CHECK (humidity BETWEEN 0 AND 100),
    measure  TEXT    NOT NULL,
    actor    TEXT    NOT NULL,
    PRIMARY KEY (place, at)
) STRICT, WITHOUT ROWID;

-- [op] what each platform answered at each try, on both levels, in its own words
CREATE TABLE trace_answers (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    message        INTEGER NOT NULL REFERENCES outbox (id),
    at             INTEGER NOT NULL,
    transport      TEXT    NOT NULL CHECK (transport IN ('reached', 'failed', 'rejected')),
    business       TEXT    NOT NULL CHECK (business IN ('accepted', 'pending', 'refused', 'unknown')),
    transport_word TEXT    NOT NULL,
    business_word  TEXT    NOT NULL,
    remedy         TEXT    NOT NULL,
    done           TEXT    NOT NULL CHECK (json_valid(done))
) STRICT;
CREATE INDEX trace_answers_of ON trace_answers (message, id);
-- One bill goes to one platform as one message.
CREATE UNIQUE INDEX outbox_trace_once ON outbox (kind, object) WHERE kind IN ('trace-platform', 'trace-insurance');

CREATE TRIGGER trace_events_stay BEFORE UPDATE ON trace_events BEGIN SELECT RAISE(ABORT, 'a trace event never changes'); END;
CREATE TRIGGER trace_events_remain BEFORE DELETE ON trace_events BEGIN SELECT RAISE(ABORT, 'a trace event is never deleted'); END;
CREATE TRIGGER trace_packs_remain BEFORE DELETE ON trace_packs BEGIN SELECT RAISE(ABORT, 'a pack is never deleted'); END;
CREATE TRIGGER trace_recalls_stay BEFORE UPDATE ON trace_recalls BEGIN SELECT RAISE(ABORT, 'a recall never changes'); END;
CREATE TRIGGER trace_recalls_remain BEFORE DELETE ON trace_recalls BEGIN SELECT RAISE(ABORT, 'a recall is never deleted'); END;
CREATE TRIGGER trace_readings_stay BEFORE UPDATE ON trace_readings
    WHEN OLD.measure <> '' OR NEW.place <> OLD.place OR NEW.at <> OLD.at OR NEW.tenths <> OLD.tenths OR NEW.zone <> OLD.zone
    BEGIN SELECT RAISE(ABORT, 'a reading never changes'); END;
CREATE TRIGGER trace_readings_remain BEFORE DELETE ON trace_readings BEGIN SELECT RAISE(ABORT, 'a reading is never deleted'); END;
CREATE TRIGGER trace_answers_stay BEFORE UPDATE ON trace_answers BEGIN SELECT RAISE(ABORT, 'an answer never changes'); END;
CREATE TRIGGER trace_answers_remain BEFORE DELETE ON trace_answers BEGIN SELECT RAISE(ABORT, 'an answer is never deleted'); END;
