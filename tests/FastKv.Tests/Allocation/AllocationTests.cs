using System.Text;
using FastKv.Engine.Commands;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Allocation;

/// <summary>
/// The data plane allocates nothing on the managed heap: for each command family the server's own count (INFO runtime) stands still over tens of
/// thousands of commands. The smallest object has 24 bytes, so one allocation per command would show as half a megabyte.
/// </summary>
public sealed class AllocationTests
{
    private const int Repetitions = 1000;
    private const int Rounds = 20;

    /// <summary>What INFO itself may vary by between two calls, over all of a run's commands.</summary>
    private const long ToleranceBytes = 8 * 1024;

    // A member of more than 64 bytes makes it a table, and so few are freed at once: the queue of what is freed in slices grows like any other, seldom.
    private static readonly string LargeSet = $"SADD l{{n}} {new string('l', 70)} {string.Join(' ', Enumerable.Range(0, 40).Select(i => $"m{i}"))}";

    private static readonly Dictionary<string, string[]> Families = new()
    {
        ["serialisation"] =
        [
            "SET k{n} value-of-sixteen", "DUMP k{n}", "RESTORE k{n} 0 " + Payload(0, [5, .. "value"u8]) + " REPLACE", "HSET h{n} a 1 b 2", "DUMP h{n}",
            "RESTORE h{n} 0 " + Payload(4, [1, 1, (byte)'f', 1, (byte)'v']) + " REPLACE", "ZADD z{n} 1 a 2.5 b", "DUMP z{n}", "SADD s{n} 1 2 x", "DUMP s{n}",
            "RESTORE s{n} 0 " + Payload(2, [2, 1, (byte)'f', 1, (byte)'v']) + " REPLACE", "RPUSH l{n} a b 3", "DUMP l{n}",
            "RESTORE l{n} 5000 " + Payload(1, [2, 1, (byte)'f', 1, (byte)'v']) + " REPLACE", "DEL k{n} h{n} z{n} s{n} l{n}",
        ],
        ["strings"] =
        [
            "SET k{n} value-of-sixteen", "GET k{n}", "SET k{n} 12345 EX 1000", "GET k{n}", "SETNX k{n} x", "SETEX k{n} 100 v", "PSETEX k{n} 100000 v",
            "GETSET k{n} other", "GETEX k{n} PERSIST", "GETDEL k{n}", "SET k{n} 1", "INCR k{n}", "DECR k{n}", "INCRBY k{n} 5", "DECRBY k{n} 3",
            "INCRBYFLOAT k{n} 0.5", "APPEND k{n} tail", "STRLEN k{n}", "SETRANGE k{n} 3 abc", "GETRANGE k{n} 0 4", "SUBSTR k{n} 0 4",
            "MSET k{n} a l{n} b m{n} c", "MGET k{n} l{n} m{n} missing", "MSETNX k{n} a z{n} b", "MSETEX 2 k{n} a l{n} b EX 100", "LCS k{n} l{n}",
            "LCS k{n} l{n} IDX", "DIGEST k{n}", "SET k{n} q GET", "SET k{n} r IFEQ q", "SET k{n} r XX KEEPTTL", "DELEX k{n} IFEQ r",
        ],
        ["bitmaps"] =
        [
            "SETBIT b{n} 77 1", "GETBIT b{n} 77", "BITCOUNT b{n}", "BITCOUNT b{n} 1 40 BIT", "BITPOS b{n} 1", "BITPOS b{n} 0 1 5 BIT", "SETBIT c{n} 3 1",
            "BITOP AND d{n} b{n} c{n}", "BITOP NOT d{n} b{n}", "BITOP DIFF d{n} b{n} c{n}", "BITOP ONE d{n} b{n} c{n}",
            "BITFIELD b{n} SET u8 0 255 GET i5 3 INCRBY u4 8 1 OVERFLOW SAT INCRBY u4 8 9", "BITFIELD_RO b{n} GET u8 0", "DEL b{n} c{n} d{n}",
        ],
        ["hashes"] =
        [
            "HSET h{n} a 1 b 2", "HGET h{n} a", "HMGET h{n} a b x", "HSETNX h{n} c 3", "HGETALL h{n}", "HKEYS h{n}", "HVALS h{n}", "HLEN h{n}",
            "HSTRLEN h{n} a", "HEXISTS h{n} a", "HINCRBY h{n} a 5", "HINCRBYFLOAT h{n} b 0.5", "HRANDFIELD h{n}", "HRANDFIELD h{n} 2 WITHVALUES",
            "HRANDFIELD h{n} -5",
            "HSCAN h{n} 0 MATCH a*", "HEXPIRE h{n} 100 FIELDS 1 a", "HTTL h{n} FIELDS 1 a", "HPERSIST h{n} FIELDS 1 a", "HGETEX h{n} PX 5 FIELDS 1 b",
            "HSETEX h{n} EX 100 FIELDS 1 d 4", "HGETDEL h{n} FIELDS 1 d",
            "HPEXPIRE h{n} 100000 FIELDS 1 a", "HEXPIREAT h{n} 9999999999 FIELDS 1 a", "HPEXPIREAT h{n} 9999999999999 FIELDS 1 c", "HPTTL h{n} FIELDS 1 a",
            "HEXPIRETIME h{n} FIELDS 1 a", "HPEXPIRETIME h{n} FIELDS 1 c",
            "HMSET g f{n} v f{n}{n} a-value-that-is-longer-than-sixty-four-bytes-and-so-makes-it-a-table",
            "HINCRBY g c{n} 1", "HRANDFIELD g 3", "HRANDFIELD g 400", "HSCAN g 0", "HDEL h{n} a b c", "HGET g f{n}", "HEXPIRE g 100 FIELDS 1 f{n}",
        ],
        ["generic"] =
        [
            "SET k{n} v", "EXISTS k{n} l{n}", "TYPE k{n}", "TOUCH k{n} l{n}", "EXPIRE k{n} 100", "PEXPIRE k{n} 100000 GT", "TTL k{n}", "PTTL k{n}",
            "EXPIREAT k{n} 99999999999", "PEXPIREAT k{n} 99999999999999 LT", "EXPIRETIME k{n}", "PEXPIRETIME k{n}", "PERSIST k{n}", "RENAME k{n} l{n}",
            "RENAMENX l{n} k{n}", "COPY k{n} l{n} REPLACE", "MOVE l{n} 1", "RANDOMKEY", "SCAN 0 MATCH k* COUNT 5", "DBSIZE", "OBJECT ENCODING k{n}",
            "OBJECT IDLETIME k{n}", "SWAPDB 0 2", "SWAPDB 0 2", "UNLINK k{n} l{n}", "DEL k{n}", "FLUSHDB",
        ],
        ["sets"] =
        [
            "SADD s{n} 1 2 3", "SADD s{n} 100000 5000000000", "SADD t{n} a b c 1", LargeSet, "SADD l{n} x", "SREM l{n} x",
            "SREM s{n} 2", "SISMEMBER s{n} 1", "SISMEMBER t{n} a", "SISMEMBER l{n} m7", "SMISMEMBER l{n} m1 nothing", "SCARD l{n}", "SMEMBERS s{n}",
            "SMEMBERS t{n}", "SMEMBERS l{n}", "SRANDMEMBER s{n}", "SRANDMEMBER l{n} 5", "SRANDMEMBER l{n} 30", "SRANDMEMBER t{n} -10", "SPOP l{n}",
            "SPOP l{n} 3", "SPOP t{n} 2", "SMOVE l{n} t{n} m9", "SINTER s{n} t{n} l{n}", "SINTERCARD 2 t{n} l{n} LIMIT 1", "SUNION s{n} t{n} l{n}",
            "SUNION s{n} s{n} t{n} t{n} t{n} t{n} s{n} t{n} s{n} t{n}", "SDIFF l{n} t{n} s{n}", "SINTERSTORE d{n} l{n} t{n}", "SUNIONSTORE d{n} l{n} t{n} s{n}",
            "SDIFFSTORE d{n} l{n} t{n}", "SDIFF l{n} s{n} s{n} s{n} s{n} s{n} s{n}", "SSCAN l{n} 0 MATCH m1* COUNT 20", "SSCAN s{n} 0", "SPOP l{n} 32",
            "SPOP d{n} 1000", "DEL s{n} t{n} l{n} d{n}",
        ],
        ["sortedsets"] =
        [
            "ZADD z{n} 1 a 2 b 3.5 c", "ZADD z{n} XX CH GT 4 a 1 b", "ZINCRBY z{n} 0.25 a", "ZADD z{n} NX INCR 5 d", "ZSCORE z{n} a", "ZMSCORE z{n} a b x",
            "ZRANK z{n} c", "ZREVRANK z{n} c WITHSCORE", "ZCARD z{n}", "ZCOUNT z{n} -inf (3", "ZLEXCOUNT z{n} - (c", "ZRANGE z{n} 0 -1 WITHSCORES",
            "ZRANGE z{n} (1 +inf BYSCORE LIMIT 0 2", "ZRANGE z{n} + - BYLEX REV", "ZREVRANGEBYSCORE z{n} 9 1", "ZRANGESTORE y{n} z{n} 0 1",
            "ZRANDMEMBER z{n}", "ZRANDMEMBER z{n} 2 WITHSCORES", "ZRANDMEMBER z{n} -5", "ZUNION 2 z{n} y{n} WEIGHTS 2 0.5 AGGREGATE MAX WITHSCORES",
            "ZINTER 2 z{n} y{n}", "ZDIFF 2 z{n} y{n}", "ZINTERCARD 2 z{n} y{n} LIMIT 1", "ZUNIONSTORE x{n} 2 z{n} y{n}", "ZINTERSTORE x{n} 2 z{n} y{n}",
            "ZDIFFSTORE x{n} 2 z{n} y{n}", "ZSCAN z{n} 0 MATCH a* COUNT 5", "ZREM z{n} d", "ZPOPMIN z{n}", "ZMPOP 2 none{n} z{n} MAX COUNT 1",
            "ZREVRANGE z{n} 0 -1", "ZRANGEBYSCORE z{n} 0 9", "ZRANGEBYLEX z{n} - +", "ZREVRANGEBYLEX z{n} + -", "ZREMRANGEBYLEX x{n} - (b",
            "ZREMRANGEBYRANK y{n} 0 0", "ZREMRANGEBYSCORE y{n} 0 100", "ZADD v{n} 1 a 2 b 3 c", "BZPOPMIN v{n} 1", "BZPOPMAX v{n} 1", "BZMPOP 1 1 v{n} MIN",
            "DEL z{n} y{n} x{n}",
        ],
        ["large sorted sets"] =
        [
            "ZADD big {n} m{n}", "ZADD big {n}.5 k{n} {n} l{n}", "ZINCRBY big 10 m{n}", "ZSCORE big m{n}", "ZRANK big k{n}", "ZRANGE big 10 20 WITHSCORES",
            "ZREVRANGEBYSCORE big +inf 5 LIMIT 0 10", "ZCOUNT big 5 50", "ZRANDMEMBER big 5", "ZSCAN big 0 COUNT 5", "ZUNIONSTORE other 1 big",
            "ZREM big l{n}", "ZPOPMAX big",
        ],
        ["streams"] =
        [
            "XADD s{n} * field value other 12345", "XADD s{n} MAXLEN ~ 100 * field value other 12345", "XADD s{n} 99999999999999-1 a b", "XLEN s{n}",
            "XRANGE s{n} - + COUNT 10", "XREVRANGE s{n} + - COUNT 10", "XREAD COUNT 2 STREAMS s{n} t{n} 0 0", "XGROUP CREATE s{n} g 0 ENTRIESREAD 0",
            "XREADGROUP GROUP g c COUNT 2 STREAMS s{n} >", "XREADGROUP GROUP g c STREAMS s{n} 0", "XPENDING s{n} g", "XPENDING s{n} g - + 10",
            "XAUTOCLAIM s{n} g d 0 0 COUNT 5", "XREADGROUP GROUP g e COUNT 3 CLAIM 0 STREAMS s{n} >",
            "XCLAIM s{n} g c 0 99999999999999-1 FORCE", "XACK s{n} g 99999999999999-1", "XINFO STREAM s{n}",
            "XINFO STREAM s{n} FULL", "XINFO GROUPS s{n}", "XINFO CONSUMERS s{n} g", "XDEL s{n} 1-1 99999999999999-1", "XDELEX s{n} ACKED IDS 1 1-1",
            "XACKDEL s{n} g DELREF IDS 1 99999999999999-1", "XSETID s{n} 99999999999999-9", "XTRIM s{n} MAXLEN 0", "COPY s{n} t{n} REPLACE",
            "XGROUP CREATECONSUMER s{n} g f", "XGROUP DELCONSUMER s{n} g c", "XGROUP SETID s{n} g 0", "XGROUP DESTROY s{n} g", "DEL s{n} t{n}",
        ],
        ["connection"] = ["PING", "PING message", "ECHO message", "SELECT 1", "SELECT 0"],
        ["without replicas"] = ["WAIT 0 10", "WAITAOF 0 0 10", "ROLE", "REPLCONF capa eof", "MULTI", "WAIT 1 0", "EXEC"],
        ["errors"] =
        [
            "SET k{n} text", "INCR k{n}", "GET", "NOSUCH a b", "MGET", "EXPIRE k{n} x", "SET k{n} v EX 0", "RENAME none{n} k{n}", "SWAPDB 0 99",
            "OBJECT FREQ k{n}", "CLUSTER INFO", "READONLY", "FAILOVER", "WAIT 1 x",
        ],
        ["lists"] =
        [
            "RPUSH q{n} a b 17 -100000", "LPUSH q{n} c a-longer-element 12345678901", "LPUSHX q{n} x", "RPUSHX q{n} y", "LLEN q{n}", "LINDEX q{n} 2", "LSET q{n} 3 d",
            "LRANGE q{n} 0 -1", "LINSERT q{n} BEFORE d e", "LPOS q{n} a", "LPOS q{n} a RANK -1 COUNT 0 MAXLEN 100", "LREM q{n} 0 a", "LPOP q{n}", "RPOP q{n}",
            "LPOP q{n} 2", "RPUSH r{n} 1 2 3", "LMOVE q{n} r{n} LEFT RIGHT", "RPOPLPUSH r{n} r{n}", "LMPOP 2 none r{n} RIGHT COUNT 2", "LTRIM r{n} 0 1",
            "RPUSH big a-long-element-of-forty-bytes-or-so-{n}", "LPUSH big a-long-element-of-forty-bytes-or-so-{n}", "LINDEX big 100", "LRANGE big 10 12",
            "RPOP big", "BLPOP r{n} 1", "RPUSH r{n} a", "BLMPOP 1 1 r{n} LEFT COUNT 3", "RPUSH r{n} a", "BLMOVE r{n} q{n} LEFT LEFT 1", "BRPOPLPUSH q{n} r{n} 1",
            "BRPOP r{n} 1", "DEL q{n} r{n}",
        ],
        ["hyperloglogs"] =
        [
            "PFADD h{n} a b c", "PFADD g{n} d", "PFCOUNT h{n}", "PFCOUNT h{n} g{n}", "PFMERGE i{n} h{n} g{n}", "PFADD dense a{n}", "PFCOUNT dense",
            "PFMERGE dense h{n}", "PFDEBUG ENCODING h{n}", "PFDEBUG TODENSE g{n}", "DEL h{n} g{n} i{n}",
        ],
        ["geo"] =
        [
            "GEOADD g{n} 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "GEOPOS g{n} Palermo none", "GEODIST g{n} Palermo Catania km",
            "GEOHASH g{n} Palermo", "GEOSEARCH g{n} FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST WITHCOORD WITHHASH",
            "GEOSEARCH g{n} FROMMEMBER Palermo BYBOX 400 400 km COUNT 1 ANY", "GEOSEARCHSTORE i{n} g{n} FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST",
            "GEORADIUS g{n} 15 37 200 km STORE h{n}", "GEORADIUS_RO g{n} 15 37 200 km ASC", "GEORADIUSBYMEMBER g{n} Palermo 200 km",
            "GEORADIUSBYMEMBER_RO g{n} Palermo 200 km DESC", "DEL g{n} h{n} i{n}",
        ],
        ["sort"] =
        [
            "SADD s{n} 5 4 9", "SORT s{n} STORE l{n}", "SET w_4 7", "SET w_5 3", "HSET o_9 f v", "SORT l{n} ALPHA", "SORT s{n} DESC LIMIT 0 2",
            "SORT s{n} BY w_* GET # GET o_*->f", "SORT_RO l{n} BY nosort", "SORT s{n} BY w_* STORE d{n}", "DEL l{n} s{n} d{n} w_4 w_5 o_9",
        ],
        ["expired"] = ["SET k{n} v PX 1", "GET k{n}", "TTL k{n}", "SET l{n} v PXAT 1", "EXISTS l{n}"],
    };

    /// <summary>Family and number of shards.</summary>
    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (string family in Families.Keys)
        {
            cases.Add(family, 1);
            cases.Add(family, 3);
        }
        return cases;
    }

    /// <summary>Runs the family's commands many times and compares what the runtime has allocated.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Data_plane_commands_allocate_nothing(string family, int shards)
    {
        using var server = ManagedAllocations.Start(shards);
        using var client = server.Connect();
        string[] commands = Families[family];
        foreach (string command in commands)
        {
            string reply = client.Call(ManagedAllocations.Words(command, 0)).ToString();
            Assert.True(family == "errors" || !reply.Contains("ERR", StringComparison.Ordinal), command);
        }

        int repetitions = (Repetitions / commands.Length) + 1;
        int count = repetitions * commands.Length;
        byte[] round = ManagedAllocations.Round(commands, repetitions);
        void Load()
        {
            for (int i = 0; i < Rounds; i++)
                client.Pipeline(round, count);
        }

        Load();
        long allocated = ManagedAllocations.While(client, Load);
        Assert.True(allocated <= ToleranceBytes, $"{allocated} bytes over {Rounds * count} commands");
    }

    /// <summary>A type's command that no family runs would allocate unseen.</summary>
    [Fact]
    public void Every_command_of_the_types_takes_part()
    {
        CommandGroup[] types =
        [
            CommandGroup.Generic, CommandGroup.String, CommandGroup.List, CommandGroup.Set, CommandGroup.SortedSet, CommandGroup.Hash, CommandGroup.HyperLogLog,
            CommandGroup.Geo, CommandGroup.Stream, CommandGroup.Bitmap,
        ];

        // Another server's answer, all keys in one reply, and a test of the server itself: none of them is the data plane's.
        string[] others = ["MIGRATE", "KEYS", "PFSELFTEST"];
        string[] run = [.. Families.Values.SelectMany(commands => commands).Select(command => command.Split(' ')[0])];
        string[] wanted = [.. CommandTable.All.Where(command => types.Contains(command.Group)).Select(command => command.Name.Split('|')[0].ToUpperInvariant()).Distinct()];
        Assert.True(wanted.Length > 150, "the types' commands are not found");
        Assert.Equal([], wanted.Except(run).Except(others));
    }

    /// <summary>Commands that wait, and are served by another client's.</summary>
    [Theory]
    [InlineData("BLPOP q 0", "RPUSH q x", 1)]
    [InlineData("BLPOP q 0", "RPUSH q x", 3)]
    [InlineData("BRPOP none q 0", "RPUSH q x", 3)]
    [InlineData("BLMOVE q r LEFT RIGHT 0", "RPUSH q x", 1)]
    [InlineData("BLMOVE q r LEFT RIGHT 0", "RPUSH q x", 3)]
    [InlineData("BLMPOP 0 2 none q LEFT", "RPUSH q x", 3)]
    [InlineData("BZPOPMIN z 0", "ZADD z 1 m", 1)]
    [InlineData("BZMPOP 0 2 none z MIN", "ZADD z 1 m", 3)]
    [InlineData("XREAD BLOCK 0 STREAMS s $", "XADD s MAXLEN 10 * f v", 1)]
    [InlineData("XREADGROUP GROUP g c BLOCK 0 NOACK STREAMS s >", "XADD s MAXLEN 10 * f v", 3)]
    public void Waiting_allocates_nothing(string waiting, string serving, int shards)
    {
        const int Waits = 300;
        using var server = ManagedAllocations.Start(shards);
        using var waiter = server.Connect();
        using var giver = server.Connect();
        giver.Call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");

        // PONG comes at the end of the turn in which the command behind PING has begun to wait.
        byte[] wait = [.. RespClient.Encode("PING"), .. RespClient.Encode(waiting.Split(' '))], serve = RespClient.Encode(serving.Split(' '));
        void Load()
        {
            for (int i = 0; i < Waits; i++)
            {
                waiter.SendRaw(wait);
                Assert.Equal("PONG", waiter.Read().Text);
                giver.Pipeline(serve, 1);
                Assert.False(waiter.Read().IsNull);
            }
        }
        Load();
        long allocated = ManagedAllocations.While(giver, Load);
        Assert.True(allocated <= ToleranceBytes, $"{allocated} bytes over {Waits} waits");
    }

    // Commands are cut at blanks, so the checksum must have none.
    private static string Payload(byte type, byte[] value)
    {
        byte[] bytes = [type, .. value, 10, 0];
        ulong checksum = FastKv.Structures.Encoding.Crc64.Append(0, bytes);
        string payload = Encoding.Latin1.GetString([.. bytes, .. BitConverter.GetBytes(checksum)]);
        return payload.Contains(' ', StringComparison.Ordinal) ? throw new InvalidOperationException("another value is needed") : payload;
    }
}
