#!/bin/sh
# GNU's own tests of du, run with pdu in du's place.
#
# usage: tests/gnu-suite.sh DIR [TEST…]
#   DIR    what newest-gnu-du.sh leaves: DIR/src/coreutils-*/ built, with tests/du/ in it
#   TEST   names such as inodes.sh, or misc/write-errors.sh; without any, all of tests/du/*.sh and *.pl,
#          and tests/misc/write-errors.sh
#
# PDU_BIN          the program under test (default: the release build of this crate)
# PDU_SUITE_TMP    where the tests work (default: $TMPDIR or /tmp; needs 3 GB free for 2g.sh)
# PDU_SUITE_LOGS   where logs and the base line are kept (default: target/gnu-suite of this crate)
# PDU_SUITE_FRESH  1: run GNU's du again, even if its results are known
#
# Each test runs with GNU's du first, for the base line, then with pdu; as root both as root and as
# nobody, since some tests want the one and some the other. Nothing is written into DIR: the tests
# run in a copy of what they need. Status: 1 if pdu does not pass where GNU does, 2 if not run.
set -u

die() { echo "gnu-suite: $*" >&2; exit 2; }

crate=$(cd "$(dirname "$0")/.." && pwd) || exit 2
[ $# -ge 1 ] || die "usage: $0 DIR [TEST…]"
top=$(cd "$1" && pwd) || exit 2
shift
set_of_tests=$*
for tree in "$top"/src/coreutils-*/; do :; done
tree=${tree%/}
[ -x "$tree/src/du" ] || die "no built coreutils below $top/src"

# Builds the program for release and prints where cargo has put it.
release_build() {
  (cd "$crate" && cargo build --release --message-format=json-render-diagnostics) |
    sed -n 's/.*"executable":"\([^"]*\/pdu\)".*/\1/p' | tail -n 1
}

pdu=${PDU_BIN:-$(release_build)}
[ -x "$pdu" ] || die "no program '$pdu' (set PDU_BIN)"
logs=${PDU_SUITE_LOGS:-$crate/target/gnu-suite}
mkdir -p "$logs" || exit 2

# The tests themselves clear the environment that could disturb du; these two disturb the shell.
unset CDPATH POSIXLY_CORRECT
export LC_ALL=C

work=$(mktemp -d "${PDU_SUITE_TMP:-${TMPDIR:-/tmp}}/gnu-suite.XXXXXX") || exit 2
# A test that was cut short may leave directories that their owner cannot enter.
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"

# The wrapper that stands for du: pdu's messages begin with "pdu:", and the tests compare with
# "du:". Lines pass through as they come, the status is pdu's, stdout is not touched.
write_wrapper() {
  cat <<'WRAPPER' | sed "s|@PDU@|$1|g"
#!/bin/sh
{
  status=$(
    {
      { '@PDU@' "$@" 2>&1 >&3 3>&- 4>&-; echo $? >&4; } |
        sed -u -e 's|^@PDU@: |du: |; s/^pdu: /du: /' \
          -e "s|^Try '@PDU@ --help'|Try 'du --help'|; s/^Try 'pdu --help'/Try 'du --help'/" \
          >&2 3>&- 4>&-
    } 4>&1
  )
} 3>&1
exit "$status"
WRAPPER
}

# Lays a place for tests: $1 its directory, $2 gnu or pdu, $3 the owner or nothing.
lay_place() {
  mkdir -p "$1/src" || exit 2
  cp -R "$tree/tests" "$tree/init.cfg" "$1/" || exit 2
  for program in "$tree"/src/*; do
    if [ -f "$program" ] && [ -x "$program" ]; then
      cp "$program" "$1/src/" || exit 2
    fi
  done
  if [ "$2" = pdu ]; then
    # A copy, so that nobody can reach it wherever the crate lies.
    mkdir "$1/bin" && cp "$pdu" "$1/bin/pdu" && chmod 755 "$1/bin/pdu" || exit 2
    rm "$1/src/du"
    write_wrapper "$1/bin/pdu" >"$1/src/du"
    chmod 755 "$1/src/du"
  fi
  [ -z "$3" ] || chown -R "$3" "$1"
}

# What tests/local.mk puts into TESTS_ENVIRONMENT, by hand. $1 the place, then the command.
with_environment() {
  place=$1
  shift
  programs=$(cd "$place/src" && echo *)
  version=${tree##*/coreutils-}
  cd "$place" && env \
    -u BLOCKSIZE -u BLOCK_SIZE -u DU_BLOCK_SIZE -u DF_BLOCK_SIZE -u LS_BLOCK_SIZE -u TIME_STYLE \
    -u QUOTING_STYLE -u TMPDIR -u TERM -u LANGUAGE -u COLUMNS -u LS_COLORS \
    VERSION="$version" PACKAGE_VERSION="$version" abs_top_builddir="$place" \
    abs_top_srcdir="$place" abs_srcdir="$place" built_programs="$programs" fail=0 \
    host_os=linux-gnu host_triplet=linux-gnu srcdir=. top_srcdir=. \
    CONFIG_HEADER="$tree/lib/config.h" CC="${CC:-cc}" AWK=awk EGREP='grep -E' EXEEXT= MAKE=make \
    PERL=perl SHELL=/bin/sh TMPDIR=/tmp VERBOSE=yes RUN_EXPENSIVE_TESTS=yes \
    RUN_VERY_EXPENSIVE_TESTS=yes PATH="$place/src:$PATH" "$@"
}

# Where a test lies in the source tree.
path_of() {
  case $1 in
    */*) echo "tests/$1" ;;
    *) echo "tests/du/$1" ;;
  esac
}

# Runs one test: $1 the place, $2 the user, $3 the test, $4 its log. Prints PASS, FAIL, SKIP, ….
run_test() {
  place_=$1 user_=$2 test_=$(path_of "$3") log_=$4
  shift 4
  case $test_ in
    *.pl) set -- perl -w -I./tests -MCuSkip -MCoreutils "-MCuTmpdir qw($test_)" ;;
    *) set -- /bin/sh ;;
  esac
  [ "$user_" != nobody ] ||
    set -- setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
  (with_environment "$place_" timeout 600 "$@" "$test_") \
    </dev/null >"$log_" 2>&1 9>&1
  case $? in
    0) echo PASS ;;
    77) echo SKIP ;;
    99) echo ERROR ;;
    124) echo TIMEOUT ;;
    *) echo FAIL ;;
  esac
}

# Why a test was skipped, from its log.
reason() {
  sed -n 's/^.*: \(skipped test\|set-up failure\): //p' "$1" | head -n 1
}

# Runs every test as one user with one program; a line "test result" for each. $1 gnu|pdu, $2 user.
run_all() {
  owner=
  [ "$2" != nobody ] || owner=65534:65534
  place=$work/$1-$2
  lay_place "$place" "$1" "$owner"
  mkdir -p "$logs/$1-$2/misc"
  for test in ${set_of_tests:-$(cd "$tree/tests/du" && echo *.sh *.pl) misc/write-errors.sh}; do
    echo "$test $(run_test "$place" "$2" "$test" "$logs/$1-$2/$test.log")"
  done
  chmod -R u+rwx "$place" 2>/dev/null
  rm -rf "$place"
}

# The base line holds as long as GNU's du, the tests and the user are the same.
base_line() {
  key=$(cat "$tree"/src/du "$tree"/tests/du/* "$0" | cksum | tr ' ' -)
  known=$logs/baseline-$1-$key-$(echo "$set_of_tests" | cksum | tr ' ' -)
  if [ ! -s "$known" ] || [ "${PDU_SUITE_FRESH:-}" = 1 ]; then
    run_all gnu "$1" >"$known.new" && mv "$known.new" "$known"
  fi
  cat "$known"
}

users=self
if [ "$(id -u)" = 0 ]; then
  users=root
  if command -v setpriv >/dev/null; then users='root nobody'; fi
fi

# Tests of what pdu does otherwise on purpose; README's table of differences says the same.
meant() {
  case $1 in
    long-sloop.sh) echo 'meant: a link is followed from its directory, so 40 in a path are no limit' ;;
    move-dir-while-traversing.sh) echo 'meant: a directory moved under an open descriptor is counted on' ;;
  esac
}

table=$work/table
for user in $users; do
  base_line "$user" >"$work/gnu.$user"
  run_all pdu "$user" >"$work/pdu.$user"
  while read -r test gnu; do
    ours=$(sed -n "s|^$test ||p" "$work/pdu.$user")
    why=
    [ "$gnu" = PASS ] || why=$(reason "$logs/gnu-$user/$test.log")
    [ "$gnu" = PASS ] && [ "$ours" = FAIL ] && [ -n "$(meant "$test")" ] &&
      ours=MEANT why=$(meant "$test")
    [ "$gnu" = PASS ] && [ "$ours" != PASS ] && [ "$ours" != MEANT ] &&
      why="<<< $(reason "$logs/pdu-$user/$test.log") see $logs/pdu-$user/$test.log"
    printf '%-32s %-7s %-8s %-8s %s\n' "$test" "$user" "$gnu" "$ours" "$why"
  done <"$work/gnu.$user"
done >"$table"

printf '%-32s %-7s %-8s %-8s %s\n' TEST USER GNU PDU REMARK
cat "$table"
awk '
  { gnu[$3]++; pdu[$4]++; lost += $3 == "PASS" && $4 != "PASS" && $4 != "MEANT" }
  END {
    printf "GNU: %d passed, %d failed, %d skipped\n", gnu["PASS"], NR - gnu["PASS"] - gnu["SKIP"], gnu["SKIP"]
    printf "pdu: %d passed, %d failed, %d skipped\n", pdu["PASS"], NR - pdu["PASS"] - pdu["SKIP"] - pdu["MEANT"], pdu["SKIP"]
    printf "%d differ on purpose\n", pdu["MEANT"]
    printf "%d tests pass with GNU and not with pdu\n", lost
    if (!gnu["PASS"]) exit 2
    exit lost > 0
  }' "$table"
