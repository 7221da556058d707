"""Xapian on the paragraphs of `xinglin bench search --against`: build, then open in a new process and ask everything.

Usage: xapian_engine.py build CORPUS.ndjson DB   |   xapian_engine.py ask QUERIES.txt DB ROUNDS
CJK text is cut by Xapian's own n-gram mode (FLAG_CJK_NGRAM), as a user of the Debian package would have it.
Prints one JSON object. Needs the Debian package python3-xapian.
"""
import json
import os
import sys
import time

try:
    import xapian
except ImportError:
    sys.stderr.write("python3-xapian is not installed\n")
    sys.exit(3)


def rss_mb():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def build(corpus, path):
    started = time.perf_counter()
    db = xapian.WritableDatabase(path, xapian.DB_CREATE_OR_OVERWRITE)
    terms = xapian.TermGenerator()
    terms.set_flags(xapian.TermGenerator.FLAG_CJK_NGRAM)
    with open(corpus, encoding="utf-8") as f:
        for line in f:
            row = json.loads(line)
            doc = xapian.Document()
            terms.set_document(doc)
            terms.index_text(row["title"], 3)
            terms.increase_termpos()
            terms.index_text(row["section"], 2)
            terms.increase_termpos()
            terms.index_text(row["text"])
            doc.set_data(row["text"])
            db.add_document(doc)
    db.commit()
    db.close()
    ms = (time.perf_counter() - started) * 1000
    size = sum(os.path.getsize(os.path.join(path, name)) for name in os.listdir(path))
    print(json.dumps({"build_ms": ms, "bytes": size}))


def ask(queries, path, rounds):
    queries = open(queries, encoding="utf-8").read().splitlines()
    started = time.perf_counter()
    db = xapian.Database(path)
    parser = xapian.QueryParser()
    parser.set_database(db)
    parser.set_default_op(xapian.Query.OP_AND)
    open_ms = (time.perf_counter() - started) * 1000

    def one(text):
        query = parser.parse_query(text, xapian.QueryParser.FLAG_CJK_NGRAM)
        enquire = xapian.Enquire(db)
        enquire.set_query(query)
        return len([(m.docid, m.document.get_data()) for m in enquire.get_mset(0, 10)])

    started = time.perf_counter()
    one(queries[0])
    first = (time.perf_counter() - started) * 1000
    times, answered = [], 0
    for n in range(rounds):
        for text in queries:
            started = time.perf_counter()
            found = one(text)
            times.append((time.perf_counter() - started) * 1000)
            answered += n == 0 and found > 0
    times.sort()
    at = lambda q: times[min(int(len(times) * q), len(times) - 1)]
    print(json.dumps({"open_ms": open_ms, "first_ms": first, "p50_ms": at(0.5), "p99_ms": at(0.99),
                      "rss_mb": rss_mb(), "queries": len(queries), "answered": answered,
                      "version": xapian.version_string()}))


if __name__ == "__main__":
    if sys.argv[1] == "check":
        print(xapian.version_string())
    elif sys.argv[1] == "build":
        build(sys.argv[2], sys.argv[3])
    else:
        ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
