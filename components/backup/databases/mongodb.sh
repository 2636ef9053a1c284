# The rest of beside.sh for MongoDB.

case $what in
dump)
  mongodump --host="$MONGODB_HOST" --port="$MONGODB_PORT" --archive --gzip >pipe 2>said
  ended $?
  ;;
restore)
  # Beside what is there, under another name: the other container puts it in the old one's place when all of it came.
  mongorestore --host="$MONGODB_HOST" --port="$MONGODB_PORT" --archive --gzip --stopOnError \
    --nsExclude='admin.*' --nsExclude='config.*' --nsExclude='local.*' \
    --nsFrom='$database$.$collection$' --nsTo="\$database\$.$word\$collection\$" <pipe 2>said
  ended $?
  ;;
esac
