"""What the county has, asked past the program, against what the clinics sent and what they hold receipts for.
Usage: count.py DIR FHIR ORTHANC    DIR holds words-*.json, images/*.dcm, items-*.ndjson and status-*.ndjson of the clinics.
Prints one line and leaves 0 when every document and image is there once with equal bytes and no receipt is false."""
import base64
import collections
import glob
import hashlib
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

place, fhir, orthanc = sys.argv[1:4]


def get(url, data=None):
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers={"Accept": "application/fhir+json"}), timeout=60) as answer:
        return answer.read()


def lines(pattern):
    return [json.loads(line) for name in sorted(glob.glob(f"{place}/{pattern}")) for line in open(name) if line.strip()]


words = {}
for name in glob.glob(f"{place}/words-*.json"):
    words.update(json.load(open(name)))

# Documents: every DocumentReference the server lists, page by page, then its Binary.
found = collections.Counter()
references = {}
url = f"{fhir}/DocumentReference?_count=200" if words else None
while url:
    page = json.loads(get(url))
    for entry in page.get("entry", []):
        one = entry["resource"]
        number = one["identifier"][0]["value"]
        found[number] += 1
        references[number] = one
    following = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), None)
    # The server names itself by its public address; it is asked where it is.
    url = fhir + "/DocumentReference?" + following.split("?", 1)[1] if following else None
good_documents = set()
for number, one in references.items():
    if number not in words:
        continue
    for content in one["content"]:
        want = content["attachment"]["url"].split("Binary/")[1]
        try:
            data = base64.b64decode(json.loads(get(f"{fhir}/Binary/{want}"))["data"])
        except urllib.error.HTTPError:
            continue
        if hashlib.sha256(data).hexdigest() == want and words[number].encode() in data:
            good_documents.add(number)

# Images: every instance, its file hashed.
sent = {hashlib.sha256(open(name, "rb").read()).hexdigest() for name in glob.glob(f"{place}/images/*.dcm")}
there = collections.Counter()
studies = collections.defaultdict(set)
for instance in json.loads(get(f"{orthanc}/instances?expand")) if sent else []:
    file = hashlib.sha256(get(f"{orthanc}/instances/{instance['ID']}/file")).hexdigest()
    there[file] += 1
    if file in sent:
        study = json.loads(get(f"{orthanc}/instances/{instance['ID']}/study"))
        studies[study["MainDicomTags"]["StudyInstanceUID"]].add(file)

# Receipts: what a clinic believes to be delivered, item by item.
receipted = false = 0
clinics = sorted({name.rsplit("status-", 1)[1] for name in glob.glob(f"{place}/status-*.ndjson")})
states = collections.Counter()
for clinic in clinics:
    items = {item["item"]: item for item in lines(f"items-{clinic}")}
    for delivery in lines(f"status-{clinic}"):
        states[delivery["state"]] += 1
        if delivery["state"] not in ("receipted", "verified"):
            continue
        receipted += 1
        item = items[delivery["item"]]
        key = item["key"]
        held = key in studies if item["kind"] == "study" else key in good_documents
        false += not held
lost_documents = len(words) - len(good_documents)
lost_images = len(sent - set(there))
twice = sum(n - 1 for n in found.values() if n > 1) + sum(n - 1 for n in there.values() if n > 1)
# Each clinic's test of the hub left one small image of its own.
strange = sum(n for file, n in there.items() if file not in sent)
print(f"{len(words)} documents, {len(sent)} images: lost {lost_documents} + {lost_images}, twice {twice}, "
      f"other instances {strange}, receipts {receipted}, false receipts {false}, states {dict(states)}")
sys.exit(0 if lost_documents == lost_images == twice == false == 0 and receipted == sum(states.values()) else 1)
