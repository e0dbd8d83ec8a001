#!/usr/bin/env python3
"""Walks a tree on all executors of a Spark cluster, in rounds, one process of pdu a task. See docs/CLUSTER.md.

    spark_walk.py ROOT SCAN [OPTION OF PDU]...          (or: spark-submit spark_walk.py ...)

SCAN is a directory on a disk that all executors reach, such as scan/tree=home/day=2026-11-25; outside ROOT, or it is
counted too. Run it again after any failure: it goes on where it was. A round waits for its slowest task; dask_walk.py
has no rounds. Environment: BUDGET is the entries or the time of a task, PDU the program.
Tested with pyspark 4.3.0, Java 17 and Python 3.11.
"""

import os
import subprocess
import sys
import tempfile
from hashlib import sha256

from pyspark.sql import SparkSession

PDU = os.environ.get("PDU", "pdu")
BUDGET = os.environ.get("BUDGET", "1000000")
PIECES = 8


def walk(dirs, scan, options):
    """Walks these directories as one part of the scan, unless that is done; gives the directories that it left."""
    names = b"".join(name + b"\0" for name in dirs)
    part = os.path.join(scan, f"part-{sha256(names).hexdigest()[:16]}.parquet")
    if not os.path.exists(part):
        # A file and no pipe: from a pipe, pdu would take half a list for all of it when this process is killed.
        with tempfile.TemporaryFile() as names_file:
            names_file.write(names)
            names_file.seek(0)
            command = [PDU, "--format=parquet", "-x", "-o", part, f"--budget={BUDGET}", f"--rest={part}.rest"]
            subprocess.run([*command, "--files0-from=-", *options], stdin=names_file)
    if not os.path.exists(part):
        raise RuntimeError(f"{part} was not written")
    # The status may be 1 all the same: some directory could not be read. Its row says so.
    with open(part + ".rest", "rb") as rest:
        return rest.read().split(b"\0")[:-1]


def main(root, scan, *options):
    os.stat(root)
    scan = os.path.abspath(scan)
    os.makedirs(scan, exist_ok=True)
    spark = SparkSession.builder.appName("pdu").getOrCreate()
    parts = 0
    lists = [[os.fsencode(os.path.abspath(root))]]
    while lists:
        tasks = spark.sparkContext.parallelize(lists, len(lists))
        rests = tasks.map(lambda dirs: walk(dirs, scan, options)).collect()
        parts += len(lists)
        lists = [rest[piece::PIECES] for rest in rests for piece in range(min(PIECES, len(rest)))]
    print(f"{parts} parts in {scan}")
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
