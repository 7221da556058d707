-- Agreed prescriptions: lines kept under a name, a doctor's own or the whole clinic's. Nothing about patients.
PRAGMA user_version = 5;

-- [op] `body` holds the lines as a signed prescription would. A template that is put away stays, so that it can come back.
CREATE TABLE prescription_templates (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    revision   INTEGER NOT NULL CHECK (revision >= 1),
    scope      TEXT    NOT NULL CHECK (scope IN ('personal', 'clinic')),
    owner_id   INTEGER NOT NULL REFERENCES users (id),
    name       TEXT    NOT NULL CHECK (name <> ''),
    body       TEXT    NOT NULL CHECK (json_valid(body)),
    put_away   INTEGER NOT NULL DEFAULT 0 CHECK (put_away IN (0, 1)),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX templates_personal ON prescription_templates (owner_id, name) WHERE scope = 'personal' AND put_away = 0;
CREATE UNIQUE INDEX templates_clinic ON prescription_templates (name) WHERE scope = 'clinic' AND put_away = 0;

CREATE TRIGGER templates_remain BEFORE DELETE ON prescription_templates BEGIN SELECT RAISE(ABORT, 'a template is put away, never deleted'); END;
