"""Checks of Parquet files by DuckDB and pyarrow, for parquet.rs."""

import os
import stat
import subprocess
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket", stat.S_IFBLK: "block device", stat.S_IFCHR: "character device",
}


def text(name):
    """A name as Rust replaces invalid bytes."""
    return name.decode("utf-8", "replace")


def walk(path, depth, seen, rows):
    """Appends what the rows of a path must be; gives its totals."""
    s = os.lstat(path)
    kind = KINDS[stat.S_IFMT(s.st_mode)]
    is_dir = kind == "directory"
    counted = is_dir or s.st_nlink < 2 or (s.st_dev, s.st_ino) not in seen
    seen.add((s.st_dev, s.st_ino))
    apparent = s.st_size if kind in ("file", "symlink") else 0
    own = [s.st_blocks * 512, apparent, 1]
    totals = own if counted else [0, 0, 0]
    if is_dir:
        for name in sorted(os.listdir(path)):
            below = walk(os.path.join(path, name), depth + 1, seen, rows)
            totals = [a + b for a, b in zip(totals, below)]
    dir, name = os.path.split(path)
    is_text = text(path).encode() == path
    rows.append({
        "dir": text(dir), "name": text(name), "raw": None if is_text else path, "depth": depth, "kind": kind,
        "allocated": own[0], "apparent": own[1],
        "total_allocated": totals[0] if is_dir else None, "total_apparent": totals[1] if is_dir else None,
        "total_inodes": totals[2] if is_dir else None,
        "device": s.st_dev, "inode": s.st_ino, "links": s.st_nlink, "uid": s.st_uid, "gid": s.st_gid,
        "mode": s.st_mode, "mtime": s.st_mtime_ns // 1000, "counted": counted, "state": "ok", "error": None,
    })
    return totals


def columns(file, tree, du):
    expected = []
    walk(os.fsencode(os.path.abspath(tree)), 0, set(), expected)
    table = pq.read_table(file)
    mtime = table.column("mtime")
    assert mtime.type == pa.timestamp("us", tz="UTC"), mtime.type
    index = table.schema.get_field_index("mtime")
    table = table.set_column(index, "mtime", pc.cast(mtime, pa.int64()))
    rows = table.to_pylist()
    assert len(rows) == len(expected), (len(rows), len(expected))
    for row, right in zip(rows, expected):
        assert row.pop("fs"), row
        assert row == right, (row, right)
    # DuckDB reads the same.
    names = [name for name in expected[0] if name not in ("mtime",)]
    read = duckdb.sql(f"select {', '.join(names)}, epoch_us(mtime) from read_parquet('{file}')").fetchall()
    for row, right in zip(read, expected):
        right = dict(right)
        micros = right.pop("mtime")
        assert row == (*right.values(), micros), (row, right)
    # The sums are those of du.
    sums = duckdb.sql(f"""select sum(allocated) filter (counted), sum(allocated), count(*) filter (counted), count(*)
        from read_parquet('{file}')""").fetchall()[0]
    runs = ["-sB1"], ["-slB1"], ["-s", "--inodes"], ["-sl", "--inodes"]
    said = tuple(int(subprocess.check_output([du, *words, tree]).split()[0]) for words in runs)
    assert sums == said, (sums, said)
    # The schema is that of docs/PARQUET.md.
    metadata = pq.ParquetFile(file).metadata
    keys = {key.decode(): value.decode() for key, value in metadata.metadata.items()}
    assert keys["pdu.schema"] == "1" and keys["pdu.order"] == "components" and keys["pdu.complete"] == "true", keys
    for number in range(metadata.row_group(0).num_columns):
        column = metadata.row_group(0).column(number)
        has = column.path_in_schema in ("dir", "allocated", "mtime")
        assert (column.statistics is not None) == has, column


def rewrite(file):
    """Writes the file by DuckDB and pyarrow in many ways; prints the names."""
    table = pq.read_table(file)
    written = {
        "pyarrow": {},
        "plain": {"use_dictionary": False, "compression": "none"},
        "version-2": {"data_page_version": "2.0", "version": "2.6"},
        "int96": {"use_deprecated_int96_timestamps": True},
        "millis-1": {"row_group_size": 3, "version": "1.0"},
        "delta": {"use_dictionary": False, "column_encoding": {
            "dir": "DELTA_BYTE_ARRAY", "name": "DELTA_BYTE_ARRAY", "inode": "DELTA_BINARY_PACKED",
            "counted": "RLE", "allocated": "BYTE_STREAM_SPLIT"}},
        "nanos": {"coerce_timestamps": None},
        "crc": {"write_page_checksum": True},
    }
    for name, options in written.items():
        source = table
        if name == "nanos":
            index = table.schema.get_field_index("mtime")
            nanos = pc.cast(table.column("mtime"), pa.timestamp("ns", tz="UTC"), safe=False)
            source = table.set_column(index, "mtime", nanos)
        pq.write_table(source, name, **options)
        print(name)
    # Without our keys, in another order of rows, with one column more.
    shuffled = table.replace_schema_metadata(None).append_column("more", [["x"] * len(table)])
    pq.write_table(shuffled.sort_by([("inode", "descending"), ("name", "ascending")]), "shuffled")
    print("shuffled")
    duckdb.sql(f"copy (select * from read_parquet('{file}')) to 'duckdb' (format parquet, compression snappy)")
    duckdb.sql(f"copy (select * from read_parquet('{file}') order by random()) to 'duckdb-2' (format parquet, "
               "compression uncompressed, parquet_version v2)")
    print("duckdb\nduckdb-2")


def bad(file):
    """Writes files that pdu must refuse; in most of them the second row is changed."""
    table = pq.read_table(file).replace_schema_metadata(None)

    def change(column, value):
        index = table.schema.get_field_index(column)
        values = table.column(column).to_pylist()
        values[1] = value
        field = pa.field(column, table.schema.field(index).type)
        return table.set_column(index, field, pa.array(values, field.type))

    def retype(column, kind):
        """The column without values, of another type."""
        values = pa.nulls(len(table), kind)
        return table.set_column(table.schema.get_field_index(column), column, values)

    changes = {
        "zstd": lambda: table,
        "no-size": lambda: table.drop_columns(["allocated"]),
        "text-inode": lambda: table.set_column(
            table.schema.get_field_index("inode"), "inode", pc.cast(table.column("inode"), pa.string())),
        "int-dir": lambda: retype("dir", pa.int64()),
        "int-counted": lambda: retype("counted", pa.int32()),
        "text-mtime": lambda: retype("mtime", pa.string()),
        "nested": lambda: retype("name", pa.list_(pa.string())),
        "kind": lambda: change("kind", "folder"),
        "state": lambda: change("state", "fine"),
        "null-dir": lambda: change("dir", None),
        "null-name": lambda: change("name", None),
        "schema2": lambda: table.replace_schema_metadata({"pdu.schema": "2"}),
        "parts": lambda: change("state", "handed-over"),
        "slash": lambda: change("name", "a/b"),
        "dots": lambda: change("name", ".."),
        "empty": lambda: change("name", ""),
        "nul": lambda: change("name", "a\0b"),
        "null": lambda: change("apparent", None),
        "negative": lambda: change("allocated", -1),
    }
    for name, changed in changes.items():
        pq.write_table(changed(), name, compression="zstd" if name == "zstd" else "snappy")


def paths_below_the_tree(file, columns):
    root = "/t/"
    for dir, name, *rest in duckdb.sql(f"select dir, name, {columns} from read_parquet('{file}')").fetchall():
        path = f"{dir}/{name}"
        yield path[path.index(root) + len(root):] if root in path else name, *rest


def states(file):
    for row in paths_below_the_tree(file, "counted, state, error"):
        print(*row)
    keys = pq.ParquetFile(file).metadata.metadata
    print("complete", keys[b"pdu.complete"].decode(), "errors", keys[b"pdu.errors"].decode())


def sizes(file):
    print("total", pq.read_table(file)["total_apparent"].to_pylist()[-1])
    print("complete", pq.ParquetFile(file).metadata.metadata[b"pdu.complete"].decode())


def modes(file):
    for row in duckdb.sql(f"select name, uid, gid, mode from read_parquet('{file}')").fetchall():
        print(*row)


def fs(file):
    for row in paths_below_the_tree(file, "fs"):
        print(*row)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
