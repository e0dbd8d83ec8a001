-- Questions to a scan by many processes, for DuckDB and Spark alike. The view `entry` has the rows of all parts of one
-- scan (docs/PARQUET.md); query_duckdb.py and query_spark.py make it, and `own_old` from an earlier scan.

-- every inode once: several links of a file may lie in the parts of several processes
CREATE OR REPLACE TEMPORARY VIEW once AS
SELECT dir, name, kind, allocated, apparent, mtime, uid FROM entry WHERE counted AND (links < 2 OR kind = 'directory')
UNION ALL
SELECT dir, name, kind, allocated, apparent, mtime, uid FROM (
  SELECT *, row_number() OVER (PARTITION BY fs, inode ORDER BY dir, name) AS nth FROM entry
  WHERE counted AND links > 1 AND kind <> 'directory') linked
WHERE nth = 1;

-- each directory with what lies in it directly, and itself
CREATE OR REPLACE TEMPORARY VIEW own AS
SELECT CASE WHEN kind = 'directory' AND name <> '' THEN concat(dir, '/', name) ELSE dir END AS path,
  sum(allocated) AS allocated, count(*) AS inodes
FROM once GROUP BY 1;

-- the root of the scan: of all its directories the one with the shortest path
CREATE OR REPLACE TEMPORARY VIEW root AS
SELECT min_by(path, length(path)) AS root FROM own;

-- du -s --block-size=1, du -sb, du -s --inodes
SELECT sum(allocated), sum(apparent), count(*) FROM once;

-- du -d1: bytes and inodes of each child of the root; without a name, what lies in the root itself
SELECT split_part(substr(path, length(root) + 2), '/', 1) AS child, sum(allocated) AS a, sum(inodes)
FROM own CROSS JOIN root GROUP BY 1 ORDER BY a DESC, child;

-- the largest files
SELECT dir, name, allocated FROM once WHERE kind <> 'directory' ORDER BY allocated DESC, dir, name LIMIT 20;

-- pdu --by=owner: bytes and inodes of each user
SELECT uid, sum(allocated) AS a, count(*) FROM once GROUP BY uid ORDER BY a DESC, uid;

-- pdu --by=age: when was it modified last?
SELECT CASE WHEN mtime > current_timestamp - INTERVAL '30' DAY THEN 'month'
  WHEN mtime > current_timestamp - INTERVAL '365' DAY THEN 'year' ELSE 'older' END AS age, sum(allocated), count(*)
FROM once GROUP BY 1 ORDER BY 1;

-- pdu --diff: where did it change most since the earlier scan?
SELECT coalesce(x.path, y.path) AS p, coalesce(x.allocated, 0) - coalesce(y.allocated, 0) AS change
FROM own x FULL JOIN own_old y ON x.path = y.path ORDER BY abs(change) DESC, p LIMIT 20;

-- what could not be read, or was gone when its turn came (ENOENT)
SELECT dir, name, state, error FROM entry WHERE state IN ('unread', 'broken') AND NOT counted ORDER BY dir, name;

-- check: a directory that was handed over and never walked; must be empty
SELECT h.dir, h.name FROM entry h WHERE h.state = 'handed-over' AND NOT EXISTS (
  SELECT 1 FROM entry e WHERE e.dir = h.dir AND e.name = h.name AND e.raw IS NOT DISTINCT FROM h.raw
  AND e.state <> 'handed-over')
ORDER BY h.dir, h.name;

-- check: a directory that was walked twice; must be empty
SELECT dir, name, count(*) FROM entry WHERE kind = 'directory' AND counted
GROUP BY dir, name, raw HAVING count(*) > 1 ORDER BY dir, name;
