// What redis_oracle_test.cc asks Redis, once directly and once through Forebay.
//
// Commands stand between bars, words between spaces; "..." knows \r \n \0 \\ and may be empty. Of a command
// behind a ~ only the first byte of the reply is compared: it tells of ids, times and addresses. What needs
// the replies of each command to come before the next one is sent stands in the same lists: each script runs
// step by step, as one pipeline, and in small pieces.
#pragma once

namespace forebay::rig {

inline constexpr const char* kStrings[] = {
    "SET k v | GET k | GETRANGE k 0 0 | STRLEN k",
    "SET k v EX 100 NX | SET k w NX | GET k | TTL k | PERSIST k | TTL k",
    "SET k v | SET k w GET | SET k x XX GET KEEPTTL | GETDEL k | GET k",
    "SET k v PX 0 | SET k v EX abc | SET k v XX NX | SET k",
    "SETNX k 1 | SETNX k 2 | SETEX k 10 v | PSETEX k 10000 v | SETEX k 0 v",
    "GETSET k v | GETSET k w | GETEX k PERSIST | GETEX k EX 10 | TTL k",
    "INCR n | INCRBY n 5 | DECR n | DECRBY n 10 | GET n | SET n x | INCR n",
    "INCRBYFLOAT f 1.5 | INCRBYFLOAT f 1e2 | INCRBYFLOAT f nan | GET f",
    "APPEND k abc | APPEND k def | SETRANGE k 2 XY | GETRANGE k -3 -1 | SETRANGE k -1 x",
    "MSET a 1 b 2 c 3 | MGET a b none c | MSETNX a 9 d 4 | MSETNX e 5 | MGET d e | MSET a",
    "LCS none none | SET x ohmytext | SET y mynewtext | LCS x y | LCS x y LEN | LCS x y IDX MINMATCHLEN 4",
    "SETBIT b 7 1 | GETBIT b 7 | GETBIT b 100 | BITCOUNT b | BITPOS b 1 | SETBIT b -1 1 | SETBIT b 0 2",
    "SET a abc | SET b abd | BITOP AND c a b | GET c | BITOP NOT d a | BITOP XOR e a b | STRLEN e",
    "BITFIELD f SET u8 0 200 GET u8 0 | BITFIELD f OVERFLOW FAIL INCRBY u8 0 100 | BITFIELD_RO f GET u4 0",
    "PFADD h a b c | PFADD h a | PFCOUNT h | PFADD i d | PFMERGE j h i | PFCOUNT h i | PFCOUNT none",
    "SET \"\" \"\" | GET \"\" | STRLEN \"\" | EXISTS \"\" | DEL \"\"",
    "SET \"a\\r\\nb\" \"v\\r\\n+OK\\r\\n\" | GET \"a\\r\\nb\" | KEYS * | DEL \"a\\r\\nb\"",
    "SET \"\\0\" \"\\0\\0\" | GET \"\\0\" | STRLEN \"\\0\"",
    "ECHO \"$-1\\r\\n\" | ECHO \"\" | ECHO \"*3\\r\\n\" | PING \"\\r\\n\" | PING",
    "SUBSTR none 0 1 | GETRANGE none 0 -1 | STRLEN none | GET",
};

inline constexpr const char* kCollections[] = {
    "HSET h a 1 b 2 | HGET h a | HGETALL h | HLEN h | HEXISTS h a | HDEL h a x | HGETALL h",
    "HMSET h a 1 | HMGET h a none | HKEYS h | HVALS h | HSETNX h a 2 | HSTRLEN h a | HGETALL none",
    "HINCRBY h n 5 | HINCRBYFLOAT h f 1.25 | HINCRBY h f 1 | HGET h f | HSET h a | HSET h",
    "HSET h a 1 | HRANDFIELD h | HRANDFIELD h 1 WITHVALUES | HRANDFIELD none | HRANDFIELD none 2",
    "HSET h a 1 b 2 | HSCAN h 0 | HSCAN h 0 MATCH a* COUNT 10 | HSCAN none 0 | HSCAN h x",
    "RPUSH l a b c | LPUSH l z | LRANGE l 0 -1 | LLEN l | LINDEX l 0 | LINDEX l 9 | LPOP l | RPOP l 2",
    "RPUSH l a b c b | LPOS l b | LPOS l b COUNT 0 | LPOS l x | LPOS l x COUNT 1 | LREM l 1 b | LINSERT l "
    "BEFORE c x",
    "LSET none 0 a | RPUSH l a | LSET l 5 b | LSET l 0 b | LTRIM l 0 0 | LPUSHX none a | RPUSHX l c",
    "RPUSH l a b | LMOVE l m LEFT RIGHT | RPOPLPUSH l m | LRANGE m 0 -1 | LMOVE none m LEFT LEFT | RPOPLPUSH "
    "none m",
    "RPUSH l a b c d | LMPOP 2 none l LEFT COUNT 2 | LMPOP 1 none RIGHT | LMPOP 0 l LEFT | LPOP none | LPOP "
    "none 2",
    "SADD s a b c | SISMEMBER s a | SMISMEMBER s a x | SCARD s | SREM s a x | SMEMBERS none | SCARD none",
    "SADD s 1 2 3 | SMEMBERS s | SADD t 2 3 4 | SINTER s t | SUNION s t | SDIFF s t | SINTERCARD 2 s t LIMIT "
    "1",
    "SADD s 1 2 | SADD t 2 | SINTERSTORE u s t | SDIFFSTORE u s t | SUNIONSTORE u s t | SMEMBERS u | SMOVE s "
    "t 1",
    "SADD s a | SRANDMEMBER s | SRANDMEMBER s -3 | SPOP s | SPOP s | SPOP none 2 | SRANDMEMBER none | "
    "SRANDMEMBER none 1",
    "SADD s 1 2 3 | SSCAN s 0 | SSCAN s 0 MATCH 2 | SSCAN none 0",
    "ZADD z 1 a 2.5 b | ZSCORE z b | ZSCORE z x | ZMSCORE z a x | ZINCRBY z 1 a | ZADD z INCR 1 b | ZADD z "
    "NX INCR 1 b",
    "ZADD z 1 a 2 b 3 c | ZRANGE z 0 -1 | ZRANGE z 0 -1 WITHSCORES | ZREVRANGE z 0 0 WITHSCORES | ZRANGE z "
    "(1 3 BYSCORE LIMIT 0 1",
    "ZADD z inf a -inf b 1e300 c 0.1 d | ZRANGE z 0 -1 WITHSCORES | ZADD z nan e | ZADD z GT LT 1 a",
    "ZADD z 1 a 2 b | ZRANK z a | ZREVRANK z a | ZRANK z x | ZCARD z | ZCOUNT z -inf +inf | ZCOUNT z a b",
    "ZADD z 0 a 0 b 0 c | ZLEXCOUNT z - + | ZRANGEBYLEX z [a (c | ZREVRANGEBYLEX z + - | ZREMRANGEBYLEX z [a "
    "[a | ZRANGEBYLEX z a b",
    "ZADD z 1 a 2 b 3 c | ZPOPMIN z | ZPOPMAX z 1 | ZPOPMIN none | ZPOPMIN none 3 | ZREM z b x | "
    "ZREMRANGEBYRANK z 0 -1",
    "ZADD z 1 a 2 b | ZMPOP 1 z MIN | ZMPOP 1 none MAX | ZRANDMEMBER z | ZRANDMEMBER none | ZREMRANGEBYSCORE "
    "z 0 9",
    "ZADD y 1 a 2 b | ZADD z 3 b | ZUNION 2 y z WITHSCORES | ZINTER 2 y z | ZDIFF 2 y z WITHSCORES | "
    "ZINTERCARD 2 y z",
    "ZADD y 1 a | ZADD z 3 a | ZUNIONSTORE o 2 y z WEIGHTS 2 3 AGGREGATE MAX | ZINTERSTORE o 1 y | "
    "ZDIFFSTORE o 1 y | ZRANGESTORE p o 0 -1",
    "ZADD z 1 a | ZSCAN z 0 | ZRANGEBYSCORE z 0 5 WITHSCORES LIMIT 0 1 | ZREVRANGEBYSCORE z 5 0",
    "GEOADD g 13.361389 38.115556 P 15.087269 37.502669 C | GEODIST g P C km | GEOHASH g P x | GEOPOS g P x "
    "| GEODIST g P x",
    "GEOADD g 13.361389 38.115556 P | GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD WITHDIST | "
    "GEORADIUS g 15 37 200 km | GEOSEARCHSTORE h g FROMMEMBER P BYBOX 1 1 km",
    "XADD s 1-1 a 1 | XADD s 1-2 b 2 | XLEN s | XRANGE s - + | XREVRANGE s + - COUNT 1 | XADD s 1-1 c 3 | "
    "XDEL s 1-1 | XTRIM s MAXLEN 0",
    "XADD s 1-1 a 1 | XREAD STREAMS s 0 | XREAD COUNT 1 STREAMS s none 0 0 | XREAD STREAMS s $ | XREAD "
    "STREAMS s | XSETID s 5-5",
    "XADD s 1-1 a 1 | XGROUP CREATE s g 0 | XREADGROUP GROUP g c STREAMS s > | XACK s g 1-1 | XPENDING s g | "
    "XGROUP CREATE s g 0 | XINFO GROUPS s",
    "XGROUP CREATE none g $ | XGROUP CREATE s g $ MKSTREAM | XREADGROUP GROUP g c STREAMS s > | XREADGROUP "
    "GROUP x c STREAMS s > | XGROUP DELCONSUMER s g c | XGROUP DESTROY s g",
    "XADD s 1-1 a 1 | XGROUP CREATE s g 0 | XREADGROUP GROUP g c STREAMS s > | XCLAIM s g d 0 1-1 JUSTID | "
    "XAUTOCLAIM s g d 0 0 JUSTID | XINFO STREAM s | XGROUP FOO",
};

inline constexpr const char* kKeys[] = {
    "SET k v | TYPE k | TYPE none | EXISTS k k none | RENAME k l | RENAMENX l m | RENAME none x | DEL m none "
    "| UNLINK m",
    "SET k v | EXPIRE k 100 | EXPIRE k 100 NX | EXPIRE k 200 GT | TTL k | PEXPIRE k 100000 | EXPIREAT k "
    "99999999999 | EXPIRETIME k | EXPIRE none 1",
    "TTL none | PTTL none | PERSIST none | EXPIRE k abc | EXPIRE k 1 NX XX | OBJECT ENCODING none",
    "SET k 12 | OBJECT ENCODING k | OBJECT REFCOUNT k | OBJECT FREQ k | OBJECT | OBJECT FOO k | OBJECT HELP",
    "SET a 1 | SET b 2 | DBSIZE | KEYS a* | KEYS [ | SCAN 0 COUNT 100 MATCH a | SCAN 0 TYPE hash | SCAN abc "
    "| ~RANDOMKEY",
    "SET a 1 | COPY a b | COPY a b | COPY a b REPLACE | COPY a c DB 1 | SELECT 1 | GET c | SELECT 0 | COPY a "
    "a",
    "SET a 1 | MOVE a 1 | GET a | SELECT 1 | GET a | MOVE a 1 | MOVE a 99 | SWAPDB 0 1 | GET a | SELECT 0 | "
    "GET a",
    "RPUSH l 3 1 2 | SORT l | SORT l DESC LIMIT 0 1 | SORT l ALPHA STORE m | SORT_RO l | SORT none | SET w_1 "
    "x | SORT l BY nosort GET w_* GET #",
    "SET k v | DUMP none | RESTORE k 0 bad | RESTORE l 0 bad | TOUCH k none | WAIT 0 1 | WAIT x 1",
    "SET k v | HGET k f | LPUSH k v | SADD k v | ZADD k 1 v | XADD k * a b | INCR k | GETBIT k 0",
    "SELECT 3 | SET k v | DBSIZE | SELECT 0 | DBSIZE | SELECT 3 | GET k | FLUSHDB | GET k",
    "SELECT 15 | SELECT 16 | SELECT -1 | SELECT abc | SELECT | SELECT 1 2 | SELECT 99999999999 | SELECT -abc "
    "| SELECT 0",
    "SET k v | FLUSHALL | GET k | FLUSHDB ASYNC | FLUSHDB SYNC | FLUSHDB foo | FLUSHALL foo",
    "SET a 1 | MEMORY USAGE none | MEMORY FOO | MEMORY HELP | ~MEMORY USAGE a | ~MEMORY STATS",
};

inline constexpr const char* kTransactions[] = {
    "MULTI | SET k v | GET k | EXEC | GET k",
    "MULTI | SET k v | DISCARD | GET k | DISCARD | EXEC",
    "MULTI | EXEC | MULTI | DISCARD",
    "MULTI | MULTI | SET k v | EXEC",
    "MULTI | NOSUCH | SET k v | EXEC | GET k",
    "MULTI | GET | EXEC | EXEC",
    "MULTI | SET k v | LPUSH k x | INCR n | EXEC | GET n",
    "MULTI | WATCH k | SET k v | EXEC | GET k",
    "WATCH k | MULTI | SET k v | EXEC | WATCH k | UNWATCH | SET k w | MULTI | GET k | EXEC",
    "WATCH k | SET k w | MULTI | SET k v | EXEC | GET k",
    "WATCH k | EXEC | SET k w | MULTI | SET k v | EXEC | GET k",
    "WATCH k | DISCARD | SET k w | MULTI | SET k v | EXEC | GET k",
    "WATCH k | GET k | UNWATCH | SET k w | MULTI | GET k | EXEC",
    "WATCH k | SELECT 1 | SELECT 0 | SET k 2 | MULTI | GET k | EXEC",
    "WATCH | UNWATCH x | MULTI x | EXEC x | DISCARD x",
    "MULTI | SELECT 2 | SET k two | EXEC | GET k | SELECT 0 | GET k | SELECT 2 | GET k",
    "MULTI | SELECT 2 | SET k two | DISCARD | SET k zero | SELECT 2 | GET k",
    "MULTI | SELECT 2 | NOSUCH | EXEC | SET k zero | SELECT 2 | GET k | SELECT 0 | GET k",
    "WATCH w | SET w 1 | MULTI | SELECT 2 | EXEC | SET k zero | SELECT 2 | GET k | SELECT 0 | GET k",
    "MULTI | SELECT 99 | SET k v | EXEC | GET k | DBSIZE",
    "MULTI | SELECT 1 | SELECT 99 | SET k one | EXEC | GET k | DBSIZE",
    "MULTI | SELECT | EXEC",
    "MULTI | BLPOP none 0 | BRPOPLPUSH none x 0 | XREAD BLOCK 0 STREAMS s $ | EXEC",
    "MULTI | PING | PING x | ECHO y | EXEC",
    "MULTI | HSET h a 1 | HGETALL h | ZADD z 1 a | ZSCORE z a | EXEC",
    "MULTI | EVAL \"return 1\" 0 | EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0 | SCRIPT LOAD \"return "
    "2\" | EXEC",
    "MULTI | FLUSHALL | DBSIZE | EXEC",
    "MULTI | SET k v | RESET | GET k | EXEC",
    "MULTI | PUBLISH c m | COMMAND COUNT | OBJECT ENCODING none | EXEC",
    "MULTI | INFO foo | WAIT 0 0 | EXEC",
    "MULTI | SET k v | QUIT",
    "MULTI | EXEC EXEC | SET k v | EXEC | GET k",
    "MULTI | AUTH | EXEC",
    "MULTI | CLIENT FOO | SET k v | EXEC | GET k",
};

inline constexpr const char* kBlocking[] = {
    "BLPOP none 0.01 | RPUSH l a b | BLPOP none l 0 | BRPOP l 1 | BLPOP l -1 | BLPOP l abc | BLPOP l",
    "RPUSH l a b | BLMOVE l m LEFT RIGHT 0 | BRPOPLPUSH l m 0 | BLMOVE none m LEFT LEFT 0.01 | BRPOPLPUSH "
    "none m 0.01 | BLMPOP 0.01 1 none LEFT | BLMPOP 0 1 m LEFT COUNT 2",
    "ZADD z 1 a 2 b 3 c | BZPOPMIN z 0 | BZPOPMAX z 0 | BZPOPMIN none 0.01 | BZMPOP 0 1 z MIN | BZMPOP 0.01 "
    "1 none MAX",
    "XADD s 1-1 a 1 | XREAD BLOCK 10 STREAMS s $ | XREAD BLOCK 0 STREAMS s 0 | XREAD BLOCK abc STREAMS s 0 | "
    "XREAD COUNT 1 BLOCK 10 STREAMS none 0",
    "XGROUP CREATE s g $ MKSTREAM | XREADGROUP GROUP g c BLOCK 10 STREAMS s > | XADD s 1-1 a 1 | XREADGROUP "
    "GROUP g c BLOCK 0 STREAMS s >",
    "SELECT 4 | RPUSH l a | BLPOP l 0 | SELECT 0 | BLPOP l 0.01 | DBSIZE",
    "BLPOP none 0.02 | SET k v | GET k | BLPOP none 0.02 | GET k | CLIENT GETNAME | PING",
    "SET k v | BLPOP k 0 | BZPOPMIN k 0.01 | XREAD BLOCK 1 STREAMS k 0 | GET k",
};

inline constexpr const char* kSession[] = {
    "PING | PING a | PING a b | ECHO | ping | PiNg",
    "CLIENT SETNAME x | CLIENT GETNAME | CLIENT SETNAME \"\" | CLIENT GETNAME | CLIENT SETNAME \"a b\" | "
    "CLIENT SETNAME",
    "~CLIENT ID | ~CLIENT INFO | ~CLIENT LIST | CLIENT | CLIENT FOO | CLIENT ID x | CLIENT GETNAME x | "
    "CLIENT HELP",
    "CLIENT LIST TYPE foo | CLIENT LIST ID | CLIENT LIST ID abc | CLIENT LIST foo | CLIENT LIST TYPE master "
    "| CLIENT LIST ID 99999999",
    "CLIENT KILL | CLIENT KILL foo | CLIENT KILL ID 0 | CLIENT KILL ID abc | CLIENT KILL TYPE foo | CLIENT "
    "KILL ID 99999999 | CLIENT KILL ADDR 1.2.3.4:5 | CLIENT KILL SKIPME maybe | CLIENT KILL ID 1 TYPE",
    "CLIENT KILL USER nobody | CLIENT KILL LADDR 1.2.3.4:5 | CLIENT KILL FOO bar",
    "CLIENT NO-EVICT on | CLIENT NO-EVICT off | CLIENT NO-EVICT foo | CLIENT NO-EVICT",
    "CLIENT REPLY ON | CLIENT REPLY foo | CLIENT REPLY",
    "CLIENT UNBLOCK 99999999 | CLIENT UNBLOCK abc | CLIENT UNBLOCK 99999999 foo | CLIENT UNBLOCK 99999999 "
    "ERROR | CLIENT UNBLOCK",
    "CLIENT PAUSE abc | CLIENT PAUSE 1 foo | CLIENT PAUSE 1 WRITE | CLIENT UNPAUSE | CLIENT PAUSE",
    "CLIENT GETREDIR | CLIENT TRACKINGINFO | CLIENT CACHING YES | CLIENT TRACKING OFF | CLIENT TRACKING foo "
    "| CLIENT TRACKING",
    "AUTH x | AUTH default x | AUTH nobody x | AUTH a b c | AUTH",
    "HELLO abc | HELLO 1 | HELLO 4 | HELLO 2 FOO | HELLO 3 AUTH x | HELLO 3 SETNAME | HELLO "
    "9223372036854775807000",
    "HELLO 3 SETNAME \"a b\" | CLIENT GETNAME | ~HELLO 2 SETNAME me | CLIENT GETNAME",
    "HELLO 3 AUTH nobody pw | ~HELLO 3 AUTH default any SETNAME you | CLIENT GETNAME | HSET h a 1 | HGETALL "
    "h | ~HELLO 2 | HGETALL h | ~HELLO",
    "~HELLO 3 | GET none | BLPOP none 0.01 | ZADD z 1.5 a | ZSCORE z a | HGETALL none | SMEMBERS none | EVAL "
    "\"return {1,2}\" 0",
    "~HELLO 3 | SELECT 2 | CLIENT SETNAME x | RESET | CLIENT GETNAME | GET none | SET k v | SELECT 2 | GET k",
    "RESET | RESET x | RESET",
    "SET k v | QUIT",
    "QUIT x",
    "NOSUCH | NOSUCH a b c | nosuch \"a\\r\\nb\" | \"\" | GET k",
    "\"no such\\r\\n\" x | NOSUCHCOMMANDWITHAVERYLONGNAMETHATDOESNOTFITANYWHEREATALL \"an argument\" b | "
    "GETX k",
    "GET | GET a b | SET a | DEL | MGET | HSET a b | EXPIRE a | OBJECT ENCODING | CONFIG GET | XGROUP CREATE",
    "CONFIG GET maxmemory | CONFIG GET nosuch | CONFIG | CONFIG FOO | CONFIG GET maxmemory databases | "
    "CONFIG SET nosuch 1 | CONFIG HELP",
    "COMMAND COUNT | COMMAND INFO get | COMMAND INFO nosuch get | COMMAND GETKEYS MSET a b c d | COMMAND "
    "GETKEYS PING | COMMAND FOO | COMMAND LIST FILTERBY PATTERN xre*",
    "COMMAND INFO config|get | COMMAND DOCS nosuch | COMMAND GETKEYSANDFLAGS SET a b | COMMAND LIST FILTERBY "
    "ACLCAT foo | COMMAND HELP",
    "ACL WHOAMI | ACL CAT foo | ACL | ACL FOO | ACL GETUSER nobody | ACL SETUSER x foo | ACL DELUSER nobody "
    "| ACL HELP",
    "~TIME | ~LASTSAVE | ~INFO | ~INFO server | ~ROLE | INFO nosuch | ~LOLWUT | ~DBSIZE",
    "SLOWLOG LEN | SLOWLOG FOO | LATENCY LATEST | LATENCY RESET | MODULE LIST | MEMORY DOCTOR | SLOWLOG HELP",
    "CLUSTER INFO | CLUSTER NODES | READONLY | READWRITE | ASKING | CLUSTER KEYSLOT abc | CLUSTER FOO",
    "DEBUG JMAP | DEBUG SLEEP 0 | DEBUG FOO | DEBUG | DEBUG OBJECT none",
    "REPLICAOF NO | FAILOVER ABORT | SCRIPT KILL | FUNCTION KILL | MIGRATE a b | SAVE x",
    "PUBLISH c m | PUBLISH c | SPUBLISH c m | PUBSUB CHANNELS | PUBSUB NUMSUB a | PUBSUB NUMPAT | PUBSUB FOO "
    "| PUBSUB SHARDCHANNELS",
    "POST / HTTP/1.1 | PING",
    "HOST: x | PING",
};

inline constexpr const char* kScripts[] = {
    "EVAL \"return 1\" 0 | EVAL \"return {1,'a',{ok='x'},{err='ERR y'},false}\" 0 | EVAL \"return ARGV[1]\" "
    "0 a | EVAL \"return KEYS[1]\" 1 k",
    "EVAL \"return redis.call('set',KEYS[1],ARGV[1])\" 1 k v | GET k | EVAL \"return redis.call('get','k')\" "
    "0 | EVAL_RO \"return redis.call('set','k','w')\" 0",
    "EVAL \"return redis.call('nosuch')\" 0 | EVAL \"return redis.pcall('nosuch')\" 0 | EVAL \"syntax error "
    "here\" 0 | EVAL \"error('boom')\" 0 | EVAL \"return 1\" | EVAL \"return 1\" 1 | EVAL \"return 1\" abc | "
    "EVAL \"return 1\" -1",
    "EVALSHA ffffffffffffffffffffffffffffffffffffffff 0 | EVALSHA short 0 | EVALSHA | EVALSHA_RO "
    "ffffffffffffffffffffffffffffffffffffffff 0",
    "SCRIPT LOAD \"return 42\" | EVALSHA 1fa00e76656cc152ad327c13fe365858fd7be306 0 | EVALSHA "
    "1FA00E76656CC152AD327C13FE365858FD7BE306 0 | SCRIPT EXISTS 1fa00e76656cc152ad327c13fe365858fd7be306 "
    "ffffffffffffffffffffffffffffffffffffffff",
    "SCRIPT LOAD \"syntax error here\" | SCRIPT LOAD | SCRIPT FOO | SCRIPT EXISTS | SCRIPT FLUSH foo | "
    "SCRIPT HELP | SCRIPT",
    "EVAL \"return redis.setresp(3)\" 0 | EVAL \"redis.setresp(3); return redis.call('hgetall','h')\" 0 | "
    "HSET h a 1 | EVAL \"redis.setresp(3); return redis.call('hgetall','h')\" 0",
    "EVAL \"redis.setresp(3); return {double=1.5}\" 0 | EVAL \"return {map={a=1}}\" 0 | EVAL \"return "
    "{big_number='123'}\" 0 | EVAL \"return {verbatim_string={string='a',format='txt'}}\" 0 | EVAL \"return "
    "{set={a=true}}\" 0",
    "EVAL \"redis.call('select', 5); redis.call('set','k','five')\" 0 | GET k | SELECT 5 | GET k",
    "FUNCTION LOAD \"#!lua name=lib\\nredis.register_function('f', function(k, a) return a[1] end)\" | FCALL "
    "f 0 hi | FCALL_RO f 0 hi | FCALL nosuch 0 | FUNCTION DELETE lib | FCALL f 0 hi",
    "FUNCTION LIST | FUNCTION LOAD bad | FUNCTION FOO | ~FUNCTION DUMP | FUNCTION FLUSH | ~FUNCTION STATS | "
    "FUNCTION DELETE nosuch",
    "FUNCTION LOAD \"#!lua name=lib\\nredis.register_function{function_name='g', callback=function(k, a) "
    "return redis.call('get', k[1]) end, flags={'no-writes'}}\" | SET k v | FCALL_RO g 1 k | FCALL g 1 none "
    "| FUNCTION LIST WITHCODE | FUNCTION FLUSH",
    "EVAL \"#!lua flags=no-writes\\nreturn redis.call('set','k','v')\" 0 | EVAL \"#!lua\\nreturn 1\" 0 | "
    "EVAL \"#!lua flags=nosuch\\nreturn 1\" 0",
};

// One reply for each command: what is subscribed to stands alone, and nobody publishes.
inline constexpr const char* kSubscriptions[] = {
    "SUBSCRIBE a | SUBSCRIBE b | SUBSCRIBE a | UNSUBSCRIBE a | UNSUBSCRIBE b | PING",
    "SUBSCRIBE a | PSUBSCRIBE a* | SSUBSCRIBE a | PUNSUBSCRIBE a* | SUNSUBSCRIBE a | UNSUBSCRIBE a",
    "UNSUBSCRIBE | PUNSUBSCRIBE | SUNSUBSCRIBE | UNSUBSCRIBE a | PUNSUBSCRIBE a | SUNSUBSCRIBE a",
    "SUBSCRIBE a | UNSUBSCRIBE | PSUBSCRIBE a | PUNSUBSCRIBE | SSUBSCRIBE a | SUNSUBSCRIBE",
    "SUBSCRIBE a | GET k | SET k v | ~CLIENT ID | PING | PING x | PING x y | UNSUBSCRIBE a | GET k",
    "SUBSCRIBE a | SELECT 1 | AUTH a | CLIENT GETNAME | WATCH k | EVAL \"return 1\" 0 | UNSUBSCRIBE a | GET "
    "none",
    "SUBSCRIBE a | HELLO abc | INFO nosuch | ACL WHOAMI | UNSUBSCRIBE b | RESET | PING",
    "SUBSCRIBE | PSUBSCRIBE | SSUBSCRIBE",
    "SUBSCRIBE \"\" | SUBSCRIBE \"a\\r\\nb\" | UNSUBSCRIBE \"\" | UNSUBSCRIBE \"a\\r\\nb\"",
    "SUBSCRIBE a | QUIT",
    "SET k v | SUBSCRIBE a | UNSUBSCRIBE a | GET k | SUBSCRIBE b | RESET | GET k",
    "BLPOP none 0.01 | SUBSCRIBE a | PUNSUBSCRIBE | UNSUBSCRIBE a | BLPOP none 0.01",
};

}  // namespace forebay::rig
