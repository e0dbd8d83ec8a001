complete -c pdu -s B -l block-size -d 'Print sizes in units of SIZE (see below)' -r
complete -c pdu -l budget -d 'With --rest: open no further directory after N entries, or after a TIME such as 90s, 10min or 2h' -r
complete -c pdu -l diff -d 'Print what changed since OLD, which is a file that --from reads, an age (36h, 7d, 2w, 3m, 1y), a time (2026-11-18T04:00) or last, the newest snapshot (default)' -r
complete -c pdu -l exclude -d 'Skip files and directories that match PATTERN, a shell pattern' -r
complete -c pdu -l exclude-fs -d 'Skip file systems of each TYPE: nfs,nfs4,fuse.sshfs,tmpfs; fuse is every fuse.TYPE' -r
complete -c pdu -l fail-if-grew -d 'With --diff, exit with status 2 where the directory grew by more than LIMIT: a SIZE, or a percentage such as 5%' -r
complete -c pdu -l fs-name -d 'With -x, write NAME into the column fs of a Parquet file: machines may mount one file system from different sources' -r
complete -c pdu -l history -d 'Print the (last N) snapshots of a directory: time, total, change, entries, and whether all was read' -r
complete -c pdu -l keep -d 'With --snapshot, remove earlier snapshots but the newest 14 (RULE 14), or the newest of each of 7 days, 4 weeks and 12 months (RULE 7d,4w,12m; also h and y)' -r
complete -c pdu -s d -l max-depth -d 'Print no line for what is more than N levels below an operand' -r
complete -c pdu -l rest -d 'Write the directories that --budget left unopened to REST, for other processes to read with --files0-from; needs --format=parquet -o FILE, implies -l, and never replaces FILE' -r
complete -c pdu -s t -l threshold -d 'Print only what is SIZE or larger; with -SIZE, only what is SIZE or smaller' -r
complete -c pdu -s j -l threads -d 'Use at most N threads (1 to 4096, default 20): one for each processor, and all N when the processors wait for the disk or network; -L without -l always uses one' -r
complete -c pdu -s n -l top -d 'Print only the N largest entries, by size or by --sort=inodes or time' -r
complete -c pdu -l width -d 'Make a tree, or a table of --by, this wide (1 to 65535; default: as wide as the terminal)' -r
complete -c pdu -l by -d 'Print a line for each class of files instead of directories, with the columns disk space, apparent size, entries, per cent and class; CLASS is ext, owner, group, age or kind; --by alone means --bytes, as in GNU du' -r -f -a "ext\t''
owner\t''
group\t''
age\t''
kind\t''"
complete -c pdu -l color -d 'Color the names of a tree by LS_COLORS: auto (on a terminal; default), always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c pdu -l format -d 'Print as FORMAT: du (lines; default), tree (a chart), json (JSON Lines), csv, ncdu (an export for ncdu and gdu), prometheus (metrics) or parquet (a table for SQL engines)' -r -f -a "du\t''
tree\t''
json\t''
csv\t''
ncdu\t''
parquet\t''
prometheus\t''"
complete -c pdu -l sort -d 'Sort lines by KEY: size or inodes (largest first), time (newest first), name, or none (the order of the walk; default)' -r -f -a "none\t''
size\t''
name\t''
inodes\t''
time\t''"
complete -c pdu -l time -d 'Print the newest modification time of each directory and its contents; WORD chooses another time: atime, access or use (last access), ctime or status (inode change)' -r -f -a "atime\t''
access\t''
use\t''
ctime\t''
status\t''"
complete -c pdu -l time-style -d 'Print times in this STYLE (see below)' -r -f -a "full-iso\t''
long-iso\t''
iso\t''"
complete -c pdu -s X -l exclude-from -d 'Read PATTERNs for --exclude from FILE, one a line; - is standard input' -r -F
complete -c pdu -l files0-from -d 'Read the operands from F, each with a NUL at its end; - is standard input' -r -F
complete -c pdu -l from -d 'Read an ncdu export or a Parquet file instead of the disk; - is standard input' -r -F
complete -c pdu -s o -l output -d 'Write the report to FILE, which appears only when it is complete; - is standard output' -r -F
complete -c pdu -l snapshot -d 'Store the state of a directory, for --diff and --history, in the file or directory WHERE (default: PDU_SNAPSHOTS, or pdu in the user\'s state directory)' -r -F
complete -c pdu -s a -l all -d 'Print a line for every file, not only for directories'
complete -c pdu -s A -l apparent-size -d 'Count the bytes in files, not the disk space that they take'
complete -c pdu -s b -l bytes -d 'Short for --apparent-size --block-size=1'
complete -c pdu -s l -l count-links -d 'Count a file each time that a hard link to it is found'
complete -c pdu -s L -l dereference -d 'Follow every symbolic link'
complete -c pdu -s D -l dereference-args -d 'Follow a symbolic link only where it is an operand'
complete -c pdu -s H -d 'Same as -D'
complete -c pdu -l exclude-caches -d 'Count of a directory with a CACHEDIR.TAG only itself and that file'
complete -c pdu -l exclude-kernfs -d 'Skip the file systems of the kernel: proc, sysfs, cgroup, debugfs and the like'
complete -c pdu -s i -l explore -d 'Look at directories and their sizes on the screen while they are read; ? shows the keys'
complete -c pdu -s h -l human-readable -d 'Choose a unit for each size: 4.0K, 17M, 2.5G'
complete -c pdu -l inodes -d 'Count files and directories (inodes) instead of bytes'
complete -c pdu -s k -d 'Same as --block-size=1K'
complete -c pdu -s m -d 'Same as --block-size=1M'
complete -c pdu -l si -d 'Like -h, in powers of 1000: 4.1k, 18M, 2.7G'
complete -c pdu -s 0 -l null -d 'End lines with a NUL byte, as xargs -0 reads them'
complete -c pdu -s P -l no-dereference -d 'Follow no symbolic link (default)'
complete -c pdu -l numeric-ids -d 'Print users and groups as numbers, as --from does: an export may come from another machine'
complete -c pdu -s x -l one-file-system -d 'Do not enter other file systems'
complete -c pdu -l read-only -d 'With --explore, remove nothing and start no other program but the pager'
complete -c pdu -s r -l reverse -d 'Reverse the order of the lines'
complete -c pdu -s S -l separate-dirs -d 'Do not add subdirectories to the size of a directory'
complete -c pdu -s s -l summarize -d 'Print one line for each operand, as -d0 does'
complete -c pdu -s c -l total -d 'Add a last line with the total of all operands'
complete -c pdu -s T -l tree -d 'Same as --format=tree'
complete -c pdu -s v -l verbose -d 'Show progress on standard error twice a second, and a summary at the end'
complete -c pdu -l help -d 'Print this text'
complete -c pdu -l version -d 'Print the version'
