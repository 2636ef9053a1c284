# Runs one of a database's own programs for the container beside it. (components/backup/script/beside.py says what is in the folder.)
# Of the POSIX shell and its small tools alone: images of databases have no more.
folder=$1
tool=$2
cd "$folder" || exit 1
umask 077

while :; do
  : >alive
  sleep 2
done >/dev/null 2>&1 &
trap 'kill $!' EXIT

until [ -e alive ]; do sleep 1; done
"$tool" --version >version.all && head -n 1 version.all >version.new && mv version.new version || exit 1

# The other container says what is to be done. One that was killed before that says nothing.
waited=0
until [ -e begin ]; do
  waited=$((waited + 1))
  [ "$waited" -le 3600 ] || { echo "nobody said what is to be done" >&2; exit 1; }
  sleep 1
done
what=$(sed -n 1p begin)
word=$(sed -n 2p begin)
[ "$what" != nothing ] || exit 0

ended() {
  tail -n 20 said >&2
  echo "$1" >ended.new && mv ended.new ended
  exit "$1"
}
