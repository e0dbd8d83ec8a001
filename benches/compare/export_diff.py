"""Compares two exports of ncdu as home-made scripts do: python3 export_diff.py OLD NEW"""

import json
import sys


def sums(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        root = json.load(file)[3]
    totals, seen = {}, set()

    def walk(directory, path):
        total = 0
        for item in directory[1:]:
            if isinstance(item, list):
                total += walk(item, f"{path}/{item[0]['name']}")
                continue
            if item.get("nlink", 1) > 1:
                if item.get("ino") in seen:
                    continue
                seen.add(item.get("ino"))
            total += item.get("dsize", 0)
        totals[path] = total + directory[0].get("dsize", 0)
        return totals[path]

    walk(root, root[0]["name"])
    return totals


sys.setrecursionlimit(100_000)
old, new = sums(sys.argv[1]), sums(sys.argv[2])
changes = {path: new.get(path, 0) - old.get(path, 0) for path in old.keys() | new.keys()}
largest = sorted(changes.items(), key=lambda change: -abs(change[1]))
for path, change in largest[:20]:
    if change:
        print(f"{change:+}\t{path}")
