-- A recall of a whole product and the queue of bills are read from few pages: every page is decrypted when it is read.
-- Data classes as in V1. No new columns, only indexes.
PRAGMA user_version = 10;

-- Holds every column, so that the packs of a product or lot lie together and the table is not visited pack by pack.
DROP INDEX trace_packs_lot;
CREATE INDEX trace_packs_lot ON trace_packs (product, lot, code, made, expiry, level, parent, units, state, shelf, held,
    place, label_lost, from_patient, recall, received, dispensed, back, sent_back, destroyed, lost, found);

-- Who got something of a pack, without the pages of its other events.
CREATE INDEX trace_events_given ON trace_events (pack, kind, at, visit, patient, line, body)
    WHERE kind IN ('dispense-whole', 'dispense-part');

-- What is not done yet, without walking over the years that are.
CREATE INDEX outbox_open ON outbox (kind, id, state, next_try) WHERE state <> 'accepted';
