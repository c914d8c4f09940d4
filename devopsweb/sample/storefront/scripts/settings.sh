# Where the shop lives on an instance; the other scripts read this.
ROOT=/var/www/storefront
PIDFILE=/tmp/storefront.pid
LOGFILE=/tmp/storefront.log
PORT="${PORT:-8080}"
export PORT
