-- The clinic's own papers (本单位资料): kept in the station's database, searched beside the shipped guidelines.
PRAGMA user_version = 4;

-- [op] one row a paper. A removed paper keeps its row, so that the log's numbers still mean something; its text goes.
CREATE TABLE local_documents (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    title       TEXT    NOT NULL CHECK (title <> ''),
    year        INTEGER CHECK (year BETWEEN 1900 AND 2200),
    format      TEXT    NOT NULL CHECK (format IN ('pdf', 'docx', 'html', 'markdown', 'text')),
    file_name   TEXT    NOT NULL,
    sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
    pages       INTEGER NOT NULL CHECK (pages >= 0),
    added_at    INTEGER NOT NULL,
    added_by    INTEGER NOT NULL REFERENCES users (id),
    removed_at  INTEGER,
    removed_by  INTEGER REFERENCES users (id),
    CHECK ((removed_at IS NULL) = (removed_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX local_documents_once ON local_documents (sha256) WHERE removed_at IS NULL;
CREATE TRIGGER local_documents_remain BEFORE DELETE ON local_documents BEGIN SELECT RAISE(ABORT, 'a paper is removed, never deleted'); END;

-- [op]
CREATE TABLE local_paragraphs (
    document_id INTEGER NOT NULL REFERENCES local_documents (id),
    seq         INTEGER NOT NULL,
    section     TEXT    NOT NULL,
    place       TEXT    NOT NULL,
    text        TEXT    NOT NULL CHECK (text <> ''),
    PRIMARY KEY (document_id, seq)
) STRICT, WITHOUT ROWID;
