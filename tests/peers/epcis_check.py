#!/usr/bin/env python3
"""An EPCIS document against GS1's JSON schema, and its event ids against the reference hash generator.

usage: epcis_check.py SCHEMA DOCUMENT   prints {"schema": [...errors], "ids": [...], "reference": [...]}
"""
import json
import sys

schema = json.load(open(sys.argv[1], encoding="utf-8"))
document = json.load(open(sys.argv[2], encoding="utf-8"))
out = {"schema": [], "ids": [], "reference": []}
import jsonschema

checker = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
out["schema"] = [error.message[:300] for error in checker.iter_errors(document)]
out["ids"] = [event.get("eventID") for event in document["epcisBody"]["eventList"]]
from epcis_event_hash_generator import hash_generator, json_to_py

events = json_to_py.event_list_from_epcis_document_json(document)
out["reference"] = hash_generator.epcis_hashes_from_events(events)
print(json.dumps(out))
