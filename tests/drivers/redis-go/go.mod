module check

go 1.25.0

require github.com/redis/go-redis/v9 v9.23.0
