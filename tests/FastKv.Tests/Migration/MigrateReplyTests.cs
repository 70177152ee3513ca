using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Migration;

/// <summary>What MIGRATE replies, beside redis-server as the source: errors of arguments, of the target, of the network; and what is left on either side.</summary>
public sealed class MigrateReplyTests
{
    private static readonly string[] Script =
    [
        "MIGRATE", "MIGRATE HOST PORT k 0", "MIGRATE HOST PORT k 0 x", "MIGRATE HOST PORT k x 100", "MIGRATE HOST PORT k x y", "MIGRATE HOST PORT none 0 100",
        "MIGRATE HOST PORT k 0 100 COPY what", "MIGRATE HOST PORT k 0 100 AUTH", "MIGRATE HOST PORT k 0 100 AUTH2 user", "MIGRATE HOST PORT k x 100 KEYS a b",
        "MIGRATE HOST PORT '' 0 100 KEYS", "MIGRATE HOST PORT '' 0 100 KEYS n1 n2", "MIGRATE HOST PORT '' 0 x KEYS n1 n2", "MIGRATE HOST PORT '' 0 100",
        "MIGRATE HOST PORT none 0 100 AUTH COPY", "MIGRATE HOST PORT none 0 100 COPY REPLACE AUTH2 KEYS KEYS",
        "SET k 1", "MIGRATE HOST PORT k 0 20000", "EXISTS k", "TARGET GET k",
        "SET k 2", "MIGRATE HOST PORT k 0 20000", "GET k", "TARGET GET k", "MIGRATE HOST PORT k 0 20000 REPLACE", "EXISTS k", "TARGET GET k",
        "SET k 3", "MIGRATE HOST PORT k 5 20000 COPY", "GET k", "TARGET SELECT 5", "TARGET GET k", "TARGET SELECT 0", "TARGET GET k",
        "MIGRATE HOST PORT k 5 20000 COPY", "MIGRATE HOST PORT k 5 20000 COPY REPLACE", "MIGRATE HOST PORT k 99 20000", "MIGRATE HOST PORT k -1 2000", "GET k",
        "MIGRATE HOST CLOSED k 0 500", "MIGRATE no.such.host.invalid 1 k 0 500", "MIGRATE HOST nonsense k 0 500", "MIGRATE HOST 0 k 0 500", "GET k",
        "MIGRATE HOST MUTE k 0 1000", "GET k", "MIGRATE HOST MUTE '' 0 1000 KEYS k k2", "GET k",
        "MSET a 1 b 2 c 3 d 4 e 5", "TARGET SET c other", "MIGRATE HOST PORT '' 0 20000 KEYS a b c d gone", "MGET a b c d e", "TARGET MGET a b c d e",
        "MIGRATE HOST PORT '' 0 20000 REPLACE KEYS c e", "MGET a b c d e", "TARGET MGET a b c d e", "DBSIZE",
        "SET k 4", "MIGRATE HOST PORT k 0 20000 REPLACE AUTH secret", "GET k", "DEL k",
        "TARGET CONFIG SET requirepass secret", "SET p 1", "MIGRATE HOST PORT p 0 20000 AUTH wrong", "GET p", "MIGRATE HOST PORT p 0 20000 AUTH2 nobody secret", "GET p",
        "MIGRATE HOST PORT p 0 20000 REPLACE AUTH secret", "EXISTS p", "TARGET GET p",
        "SET p 2", "MIGRATE HOST PORT p 0 20000 REPLACE AUTH2 default secret", "EXISTS p", "TARGET GET p", "TARGET CONFIG SET requirepass ''",
        "TARGET ACL SETUSER mover on >word ~* &* +@all", "SET p 3", "MIGRATE HOST PORT p 7 20000 AUTH2 mover word", "EXISTS p", "TARGET SELECT 7", "TARGET GET p",
        "TARGET SELECT 0", "TARGET ACL DELUSER mover",
        "SELECT 3", "SET s 1", "MIGRATE HOST PORT s 4 20000", "EXISTS s", "TARGET SELECT 4", "TARGET GET s", "TARGET SELECT 0", "SELECT 0",
        "COMMAND GETKEYS MIGRATE h 1 k 0 1", "COMMAND GETKEYS MIGRATE h 1 '' 0 1 KEYS a b", "COMMAND GETKEYS MIGRATE h 1 '' 0 1 AUTH KEYS KEYS b",
        "COMMAND GETKEYS MIGRATE h 1 k 0 1 AUTH2 x y KEYS b", "COMMAND GETKEYSANDFLAGS MIGRATE h 1 '' 0 1 KEYS a b",
        "XADD st 1-1 f v", "HSET ha f v", "ZADD z 1 m", "PEXPIREAT z 4102444800000", "MIGRATE HOST PORT '' 0 20000 REPLACE KEYS st ha z st2",
        "DBSIZE", "TARGET XLEN st", "TARGET HGETALL ha", "TARGET ZRANGE z 0 -1 WITHSCORES",
    ];

    [Theory]
    [InlineData(ServerKind.FastKv1, ServerKind.Redis, 2)]
    [InlineData(ServerKind.FastKv3, ServerKind.Redis, 3)]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv3, 2)]
    [InlineData(ServerKind.Redis, ServerKind.FastKv1, 2)]
    public void Replies_and_data_are_those_of_redis(ServerKind source, ServerKind target, int resp) =>
        MigrationScript.AssertAlike(Script, source, target, resp);
}
