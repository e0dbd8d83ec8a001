"""Checks of the parts of a scan by many processes, for parts.rs. DuckDB reads them."""

import glob
import os
import subprocess
import sys

import duckdb

# What one process and many must say alike: not the order, the depth and the totals.
COLUMNS = "dir, name, raw, kind, allocated, apparent, fs, device, inode, links, uid, gid, mode, mtime, state, error"

ONCE = """select {} from (select *, row_number() over (partition by fs, inode order by dir, name) as nth
    from entry where counted) where nth = 1 or links < 2 or kind = 'directory'"""


def entries(scan):
    files = sorted(glob.glob(f"{scan}/*.parquet"))
    duckdb.sql(f"create or replace view entry as from read_parquet({files})")
    return len(files)


def checks():
    lost = """select dir, name from entry h where state = 'handed-over' and not exists (from entry e where e.dir = h.dir
        and e.name = h.name and e.raw is not distinct from h.raw and e.state <> 'handed-over')"""
    doubled = """select dir, name from entry where kind = 'directory' and counted group by dir, name, raw
        having count(*) > 1"""
    return duckdb.sql(lost).fetchall(), duckdb.sql(doubled).fetchall()


def same(scan, one):
    """The rows that count are those of one run; prints the number of parts, and the sums with each inode once."""
    parts = entries(scan)
    one = f"read_parquet('{one}')"
    for here, there in (("entry", one), (one, "entry")):
        more = duckdb.sql(f"""select {COLUMNS} from {here} where counted except all
            select {COLUMNS} from {there} where counted""").fetchall()
        assert not more, (here, len(more), more[:3])
    assert checks() == ([], []), checks()
    odd = duckdb.sql("""select * from entry where depth is not null or (state = 'handed-over') <> (not counted
        and state not in ('unread', 'broken', 'away')) or state = 'handed-over' and kind <> 'directory'""")
    assert not odd.fetchall(), odd.fetchall()
    # A total is that of what lies below, or null where it is not known.
    wrong = duckdb.sql("""select d.dir, d.name from entry d join entry e on d.kind = 'directory' and d.counted
        and (e.dir || '/' || e.name = d.dir || '/' || d.name
            or starts_with(e.dir || '/' || e.name, d.dir || '/' || d.name || '/'))
        where e.counted and d.total_allocated is not null
        group by all having sum(e.allocated) <> any_value(d.total_allocated) or count(*) <> any_value(d.total_inodes)""")
    assert not wrong.fetchall(), wrong.fetchall()
    print(parts, *duckdb.sql(ONCE.format("sum(allocated), sum(apparent), count(*)")).fetchall()[0])


def sums(scan):
    """Prints the sums with each inode once, by `fs` and by `device`."""
    entries(scan)
    print(*duckdb.sql(ONCE.format("sum(allocated), count(*)")).fetchall()[0])
    print(*duckdb.sql(ONCE.replace("partition by fs", "partition by device").format("sum(allocated), count(*)"))
          .fetchall()[0])


def rows(scan, root):
    """Prints the rows, sorted, with paths below a directory."""
    entries(scan)
    sql = "select dir || '/' || name, kind, counted, state, error, total_inodes, fs from entry order by all"
    for path, *values in duckdb.sql(sql).fetchall():
        values = ["-" if value is None else str(value) for value in values]
        print(os.path.relpath(path, root), *values[:-1], sep=",")


def names(scan, _):
    """Prints the states, and the names of their file systems."""
    entries(scan)
    for state, fs in duckdb.sql("select distinct state, fs from entry order by all").fetchall():
        print(state, fs)


def find(scan):
    """Prints what the check queries find."""
    entries(scan)
    for found in checks():
        print(*sorted(name for _, name in found))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
