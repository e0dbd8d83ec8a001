#!/usr/bin/env python3
"""Walks a tree on all workers of a Dask cluster, one process of pdu a task. See docs/CLUSTER.md.

    dask_walk.py ROOT SCAN [OPTION OF PDU]...

SCAN is a directory on a disk that all workers reach, such as scan/tree=home/day=2026-11-25; outside ROOT, or it is
counted too. Run it again after any failure: it goes on where it was. Environment: SCHEDULER is the address of a Dask
scheduler (default: two workers here), BUDGET the entries or the time of a task, PDU the program.
Tested with distributed 2026.8.0 and Python 3.11 (pip install 'dask[distributed]').
"""

import os
import subprocess
import sys
import tempfile
from hashlib import sha256

from dask.distributed import Client, LocalCluster, as_completed

PDU = os.environ.get("PDU", "pdu")
BUDGET = os.environ.get("BUDGET", "1000000")
PIECES = 8


def walk(dirs, scan, budget, options):
    """Walks these directories as one part of the scan, unless that is done; gives the directories that it left."""
    names = b"".join(name + b"\0" for name in dirs)
    part = os.path.join(scan, f"part-{sha256(names).hexdigest()[:16]}.parquet")
    if not os.path.exists(part):
        # A file and no pipe: from a pipe, pdu would take half a list for all of it when this process is killed.
        with tempfile.TemporaryFile() as names_file:
            names_file.write(names)
            names_file.seek(0)
            command = [PDU, "--format=parquet", "-x", "-o", part, f"--budget={budget}", f"--rest={part}.rest"]
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
    scheduler = os.environ.get("SCHEDULER") or LocalCluster(n_workers=2, threads_per_worker=1)
    with Client(scheduler) as client:

        def submit(dirs, budget=BUDGET):
            return client.submit(walk, dirs, scan, budget, options, pure=False, retries=3)

        # The first task finds work for all workers, so it is a short one.
        first = str(max(1, int(BUDGET) // 10)) if BUDGET.isdigit() else BUDGET
        queue = as_completed([submit([os.fsencode(os.path.abspath(root))], first)], with_results=True)
        parts = 0
        for _, rest in queue:
            parts += 1
            for piece in range(min(PIECES, len(rest))):
                queue.add(submit(rest[piece::PIECES]))
        print(f"{parts} parts in {scan}")


if __name__ == "__main__":
    main(*sys.argv[1:])
