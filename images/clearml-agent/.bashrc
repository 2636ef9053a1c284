# The chart reads this file before it starts /root/entrypoint.sh. Nothing is needed here.
