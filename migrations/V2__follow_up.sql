-- Follow-up programmes: who is in one, what was found each time, what is still to be done. Forward only.
-- Data classes as in V1: [id] names a person, [med] medical, [op] running the station.
PRAGMA user_version = 2;

-- [id, med] one row per person and programme. Where the person stands now is kept here, so that the due list is one
-- walk along an index; how it came to be is in enrolment_events and follow_ups.
CREATE TABLE enrolments (
    id           INTEGER PRIMARY KEY,
    patient_id   INTEGER NOT NULL REFERENCES patients (id),
    programme    TEXT    NOT NULL CHECK (programme <> ''),
    from_day     TEXT    NOT NULL CHECK (length(from_day) = 10),
    village      TEXT    NOT NULL,
    hamlet       TEXT    NOT NULL,
    household    TEXT    NOT NULL,
    doctor       TEXT    NOT NULL,
    status       TEXT    NOT NULL CHECK (status IN ('active', 'lost', 'dead', 'moved', 'closed')),
    status_day   TEXT    NOT NULL CHECK (length(status_day) = 10),
    status_cause TEXT    NOT NULL,
    next_due     TEXT    CHECK (next_due IS NULL OR length(next_due) = 10),
    harm         INTEGER NOT NULL DEFAULT 1 CHECK (harm BETWEEN 0 AND 9),
    last_day     TEXT,
    last_class   INTEGER,
    last_controlled INTEGER CHECK (last_controlled IN (0, 1)),
    UNIQUE (patient_id, programme)
) STRICT;
CREATE INDEX enrolments_due ON enrolments (next_due) WHERE status = 'active';
CREATE INDEX enrolments_place ON enrolments (programme, village);

-- [id, med] every change of an enrolment
CREATE TABLE enrolment_events (
    id           INTEGER PRIMARY KEY,
    enrolment_id INTEGER NOT NULL REFERENCES enrolments (id),
    at           INTEGER NOT NULL,
    by           INTEGER NOT NULL REFERENCES users (id),
    status       TEXT    NOT NULL CHECK (status IN ('active', 'lost', 'dead', 'moved', 'closed')),
    day          TEXT    NOT NULL CHECK (length(day) = 10),
    cause        TEXT    NOT NULL,
    place        TEXT    NOT NULL
) STRICT;
CREATE INDEX enrolment_events_of ON enrolment_events (enrolment_id);

-- [med] what was found at one meeting, for one programme. A correction is a new row that supersedes.
CREATE TABLE follow_ups (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id   INTEGER NOT NULL REFERENCES patients (id),
    programme    TEXT    NOT NULL CHECK (programme <> ''),
    day          TEXT    NOT NULL CHECK (length(day) = 10),
    mode         TEXT    NOT NULL CHECK (mode IN ('clinic', 'home', 'phone')),
    recorded_at  INTEGER NOT NULL,
    doctor_id    INTEGER NOT NULL REFERENCES users (id),
    doctor_name  TEXT    NOT NULL,
    visit_id     INTEGER REFERENCES visits (id),
    class        INTEGER CHECK (class BETWEEN 1 AND 9),
    controlled   INTEGER CHECK (controlled IN (0, 1)),
    danger       TEXT    NOT NULL,
    referral     TEXT    NOT NULL CHECK (referral IN ('none', 'suggest', 'urgent')),
    plan         TEXT    NOT NULL,
    harm         INTEGER NOT NULL CHECK (harm BETWEEN 0 AND 9),
    next_on      TEXT    CHECK (next_on IS NULL OR length(next_on) = 10),
    annual_check INTEGER NOT NULL CHECK (annual_check IN (0, 1)),
    table_id     TEXT    NOT NULL,
    knowledge    TEXT    NOT NULL,
    supersedes   INTEGER UNIQUE REFERENCES follow_ups (id),
    body         TEXT    NOT NULL CHECK (json_valid(body)),
    sha256       BLOB    NOT NULL CHECK (length(sha256) = 32)
) STRICT;
CREATE INDEX follow_ups_of ON follow_ups (patient_id, programme, day);
CREATE INDEX follow_ups_by_day ON follow_ups (day);
-- One signed visit fills each form once.
CREATE UNIQUE INDEX follow_ups_visit ON follow_ups (visit_id, programme) WHERE visit_id IS NOT NULL AND supersedes IS NULL;

-- [med] the numbers, each with where it came from
CREATE TABLE follow_up_values (
    follow_up_id INTEGER NOT NULL REFERENCES follow_ups (id),
    name         TEXT    NOT NULL CHECK (name <> ''),
    value        REAL    NOT NULL,
    provenance   TEXT    NOT NULL CHECK (provenance IN ('device', 'typed', 'told', 'imported')),
    PRIMARY KEY (follow_up_id, name)
) STRICT, WITHOUT ROWID;

-- [med] what must be done by a day: after a referral, after a discharge
CREATE TABLE follow_up_tasks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id   INTEGER NOT NULL REFERENCES patients (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('referral', 'discharge', 'recheck')),
    programme    TEXT    NOT NULL,
    due          TEXT    NOT NULL CHECK (length(due) = 10),
    what         TEXT    NOT NULL,
    object       TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('open', 'done', 'cancelled')),
    outcome      TEXT    NOT NULL,
    made_at      INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    UNIQUE (patient_id, kind, object)
) STRICT;
CREATE INDEX follow_up_tasks_due ON follow_up_tasks (due) WHERE state = 'open';
CREATE INDEX follow_up_tasks_of ON follow_up_tasks (patient_id);

-- [med] how an uncertain case went on; the last answer counts, an answer can be taken back
CREATE TABLE loop_answers (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    visit_id INTEGER NOT NULL REFERENCES visits (id),
    answer   TEXT    NOT NULL CHECK (answer IN ('better', 'same', 'hospital', 'withdrawn')),
    at       INTEGER NOT NULL,
    by       INTEGER NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX loop_answers_of ON loop_answers (visit_id, id);

CREATE TRIGGER enrolments_remain BEFORE DELETE ON enrolments BEGIN SELECT RAISE(ABORT, 'an enrolment is never deleted'); END;
CREATE TRIGGER enrolment_events_stay BEFORE UPDATE ON enrolment_events BEGIN SELECT RAISE(ABORT, 'a signed event never changes'); END;
CREATE TRIGGER enrolment_events_remain BEFORE DELETE ON enrolment_events BEGIN SELECT RAISE(ABORT, 'a signed event is never deleted'); END;
CREATE TRIGGER follow_ups_stay BEFORE UPDATE ON follow_ups BEGIN SELECT RAISE(ABORT, 'a signed follow-up never changes'); END;
CREATE TRIGGER follow_ups_remain BEFORE DELETE ON follow_ups BEGIN SELECT RAISE(ABORT, 'a signed follow-up is never deleted'); END;
CREATE TRIGGER follow_up_values_stay BEFORE UPDATE ON follow_up_values BEGIN SELECT RAISE(ABORT, 'a signed follow-up never changes'); END;
CREATE TRIGGER follow_up_values_remain BEFORE DELETE ON follow_up_values BEGIN SELECT RAISE(ABORT, 'a signed follow-up is never deleted'); END;
CREATE TRIGGER follow_up_tasks_remain BEFORE DELETE ON follow_up_tasks BEGIN SELECT RAISE(ABORT, 'a task is never deleted'); END;
CREATE TRIGGER loop_answers_stay BEFORE UPDATE ON loop_answers BEGIN SELECT RAISE(ABORT, 'a signed answer never changes'); END;
CREATE TRIGGER loop_answers_remain BEFORE DELETE ON loop_answers BEGIN SELECT RAISE(ABORT, 'a signed answer is never deleted'); END;
