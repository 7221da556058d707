-- Half-typed follow-up forms survive a power cut. Forward only.
-- Data classes as in V1: [id] names a person, [med] medical, [op] running the station.
PRAGMA user_version = 7;

-- [id, med] one half-typed form for each person, writer and form ('' = all programmes of the person); gone when it is
-- kept or thrown away. rows: what stands in each row, as typed
CREATE TABLE follow_up_drafts (
    id         INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    doctor_id  INTEGER NOT NULL REFERENCES users (id),
    form       TEXT    NOT NULL,
    saved_at   INTEGER NOT NULL,
    rows       TEXT    NOT NULL CHECK (json_valid(rows)),
    UNIQUE (patient_id, doctor_id, form)
) STRICT;
