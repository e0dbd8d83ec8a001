#!/usr/bin/env python3
"""Answers the questions of queries.sql about a scan by many processes, with DuckDB.

    query_duckdb.py SCAN [EARLIER-SCAN]

Each answer is a heading and lines of columns with tabs between them. Tested with duckdb 2.0.1 (pip install duckdb).
"""

import sys
from pathlib import Path

import duckdb


def statements():
    """The statements of queries.sql, each with the comment before it."""
    for text in Path(__file__).with_name("queries.sql").read_text().split(";\n"):
        comment, _, statement = text.strip().rpartition("\n\n")[2].partition("\n")
        if statement:
            yield comment.removeprefix("-- "), statement


def main(scan, earlier=None):
    db = duckdb.connect()

    def use(scan):
        db.execute(f"CREATE OR REPLACE VIEW entry AS SELECT * FROM read_parquet('{scan}/part-*.parquet')")
        for _, statement in statements():
            if statement.startswith("CREATE"):
                db.execute(statement)

    if earlier:
        use(earlier)
        db.execute("CREATE TABLE own_old AS SELECT * FROM own")
    use(scan)
    for comment, statement in statements():
        if not statement.startswith("CREATE") and (earlier or "own_old" not in statement):
            print("--", comment)
            for row in db.execute(statement).fetchall():
                print(*row, sep="\t")


main(*sys.argv[1:])
