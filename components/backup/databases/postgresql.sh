# The rest of beside.sh for PostgreSQL. How it is reached, and as whom, stands in libpq's own variables.

case $what in
dump)
  # Compressed little: more takes three times as long and saves a twentieth (measured). The snapshot is the one in which the other container counts rows.
  pg_dump --format=custom --no-password --compress=1 --lock-wait-timeout=60s --snapshot="$word" >pipe 2>said
  ended $?
  ;;
restore)
  # One transaction: what is in the database goes, what is in the dump comes, and that holds only when all of it came. What is made belongs to who
  # makes it, so that CVAT's role needs no right beyond its own database. Rights of other roles, and comments, need more and are left out.
  {
    cat begin.sql
    {
      # What comes after the archive's end is read too, for only then the other container knows that the whole file was right.
      if pg_restore --no-owner --no-privileges --no-comments --file=- 2>>said; then
        cat >rest
        echo 0 >restored
      fi
      # Newer programs begin with a setting that servers before 17 refuse.
    } <pipe | sed '1,30{
/^SET transaction_timeout = 0;$/d
}'
    if [ -e restored ] && [ ! -s rest ] && [ -e whole ]; then
      # Without fresh statistics the first questions would take long. What only a superuser may look at is left to the server.
      echo 'COMMIT; SET client_min_messages = error; ANALYZE;'
      : >committed
    fi
  } | psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 2>>said >/dev/null
  status=$?
  [ "$status" != 0 ] || [ -e committed ] || status=1
  ended "$status"
  ;;
esac
