#!/usr/bin/env python3
"""Answers the questions of queries.sql about a scan by many processes, with Spark.

    query_spark.py SCAN [EARLIER-SCAN]          (or: spark-submit query_spark.py ...)

Each answer is a heading and lines of columns with tabs between them. Tested with pyspark 4.3.0 and Java 17.
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession


def statements():
    """The statements of queries.sql, each with the comment before it."""
    for text in Path(__file__).with_name("queries.sql").read_text().split(";\n"):
        comment, _, statement = text.strip().rpartition("\n\n")[2].partition("\n")
        if statement:
            yield comment.removeprefix("-- "), statement


def main(scan, earlier=None):
    spark = SparkSession.builder.appName("pdu").getOrCreate()

    def use(scan):
        # A view of Spark keeps the views that it was made from, so all are made again for each scan.
        parts = spark.read.option("pathGlobFilter", "part-*.parquet").parquet(scan)
        parts.createOrReplaceTempView("entry")
        for _, statement in statements():
            if statement.startswith("CREATE"):
                spark.sql(statement)

    if earlier:
        use(earlier)
        spark.table("own").createOrReplaceTempView("own_old")
    use(scan)
    for comment, statement in statements():
        if not statement.startswith("CREATE") and (earlier or "own_old" not in statement):
            print("--", comment)
            for row in spark.sql(statement).collect():
                print(*row, sep="\t")
    spark.stop()


main(*sys.argv[1:])
