"""Polars and Spark read a Parquet file of pdu and write it again, for parquet.rs.

Each function prints four sums (bytes and entries that count, then bytes and entries with all links) and, on the next line,
the names of the files that it wrote.
"""

import glob
import os
import sys


def polars(file):
    import polars as pl

    table = pl.read_parquet(file)
    counted = table.filter(pl.col("counted"))
    print(counted["allocated"].sum(), len(counted), table["allocated"].sum(), len(table))
    table.write_parquet("polars", compression="snappy")
    table.write_parquet("polars-plain", compression="uncompressed", row_group_size=7)
    shuffled = table.sample(fraction=1, shuffle=True, seed=1)
    shuffled.write_parquet("polars-shuffled", compression="snappy")
    print("polars polars-plain polars-shuffled")


def spark(file):
    from pyspark.sql import SparkSession

    names = []
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = session.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    path = os.path.abspath(file)
    table = session.read.parquet(path)
    table.createOrReplaceTempView("t")
    row = session.sql("""select sum(if(counted, allocated, 0)), count_if(counted), sum(allocated), count(*)
        from t""").collect()[0]
    print(*row)
    for kind in ("TIMESTAMP_MICROS", "INT96", "TIMESTAMP_MILLIS"):
        for version in ("v1", "v2"):
            session.conf.set("spark.sql.parquet.outputTimestampType", kind)
            name = f"spark-{kind.lower()}-{version}"
            writer = table.coalesce(1).write.option("compression", "snappy")
            writer.option("parquet.writer.version", version).parquet(os.path.abspath(name + ".d"))
            os.rename(glob.glob(f"{name}.d/part-*")[0], name)
            names.append(name)
    print(*names)
    session.stop()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
