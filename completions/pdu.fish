complete -c pdu -s B -l block-size -d 'Scale sizes by SIZE before printing them; e.g., \'-BM\' prints sizes in units of 1,048,576 bytes; see SIZE format below' -r
complete -c pdu -s d -l max-depth -d 'Print the total for a directory (or file, with --all) only if it is N or fewer levels below the command line argument; --max-depth=0 is the same as --summarize' -r
complete -c pdu -s j -l threads -d 'Walk with up to N threads (1 to 4096, default 20; -L without -l: 1): with one for each processor while these are busy, and with all N where they would wait for a disk or a network' -r
complete -c pdu -s t -l threshold -d 'Exclude entries smaller than SIZE if positive, or entries greater than SIZE if negative' -r
complete -c pdu -s n -l top -d 'Print only the N largest entries, the largest first; with --sort=inodes or time, those of the most inodes or the newest' -r
complete -c pdu -l exclude -d 'Exclude files that match PATTERN' -r
complete -c pdu -l by -d 'Print a sum for each class of entries rather than for directories; CLASS is ext, owner, group, age or kind. Without CLASS, it is GNU du\'s abbreviation of --bytes' -r -f -a "ext\t''
owner\t''
group\t''
age\t''
kind\t''"
complete -c pdu -l color -d 'Color the names of a tree by LS_COLORS: auto (on a terminal; the default), always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c pdu -l format -d 'Print the report as FORMAT: du (lines, the default), tree (a chart), json (JSON Lines), csv, or ncdu (an export for ncdu and gdu)' -r -f -a "du\t''
tree\t''
json\t''
csv\t''
ncdu\t''"
complete -c pdu -l sort -d 'Sort the lines by KEY: none (the order of the walk), size (the largest first), name, inodes or time' -r -f -a "none\t''
size\t''
name\t''
inodes\t''
time\t''"
complete -c pdu -l time -d 'Show time of the last modification of any file in the directory, or any of its subdirectories; with WORD, show that time instead: atime, access, use, ctime or status' -r -f -a "atime\t''
access\t''
use\t''
ctime\t''
status\t''"
complete -c pdu -l time-style -d 'Time/date format with --time; see TIME_STYLE below' -r -f -a "full-iso\t''
long-iso\t''
iso\t''"
complete -c pdu -s X -l exclude-from -d 'Exclude files that match any pattern in FILE' -r -F
complete -c pdu -l files0-from -d 'Summarize device usage of the NUL-terminated file names specified in file F; if F is -, read names from standard input' -r -F
complete -c pdu -l from -d 'Report on FILE, an export in the format of ncdu, rather than walk; if FILE is -, read standard input' -r -F
complete -c pdu -s o -l output -d 'Write the report to FILE, which is there only when it is whole; if FILE is -, write to standard output' -r -F
complete -c pdu -s 0 -l null -d 'End each output line with NUL, not newline'
complete -c pdu -s a -l all -d 'Write counts for all files, not just directories'
complete -c pdu -s A -l apparent-size -d 'Print apparent sizes rather than device usage; although the apparent size is usually smaller, it may be larger due to holes in (\'sparse\') files, internal fragmentation, indirect blocks, and the like'
complete -c pdu -s b -l bytes -d 'Equivalent to \'--apparent-size --block-size=1\''
complete -c pdu -s c -l total -d 'Produce a grand total'
complete -c pdu -s L -l dereference -d 'Dereference all symbolic links'
complete -c pdu -s D -l dereference-args -d 'Dereference only symlinks that are listed on the command line'
complete -c pdu -s H -d 'Equivalent to --dereference-args (-D)'
complete -c pdu -s h -l human-readable -d 'Print sizes in human readable format (e.g., 1K 234M 2G)'
complete -c pdu -l inodes -d 'List inode usage information instead of block usage'
complete -c pdu -s k -d 'Like --block-size=1K'
complete -c pdu -s l -l count-links -d 'Count sizes many times if hard linked'
complete -c pdu -s m -d 'Like --block-size=1M'
complete -c pdu -s P -l no-dereference -d 'Don\'t follow any symbolic links (this is the default)'
complete -c pdu -s r -l reverse -d 'Reverse the order of the lines, with --sort or --top'
complete -c pdu -s S -l separate-dirs -d 'For directories do not include size of subdirectories'
complete -c pdu -l si -d 'Like -h, but use powers of 1000 not 1024'
complete -c pdu -s s -l summarize -d 'Display only a total for each argument'
complete -c pdu -s T -l tree -d 'Equivalent to --format=tree'
complete -c pdu -s v -l verbose -d 'Show on standard error, twice a second, how far the walk is, and a summary at the end'
complete -c pdu -s x -l one-file-system -d 'Skip directories on different file systems'
complete -c pdu -l help -d 'Display this help and exit'
complete -c pdu -l version -d 'Output version information and exit'
