using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Hashes;

/// <summary>
/// Commands on hashes newer than Redis 7.0, which redis-server 7.0.15 cannot answer: replies expected by the documentation (redis.io pages of HEXPIRE, HTTL,
/// HPERSIST, HGETEX, HSETEX, HGETDEL, HSCAN). Each case runs with a small hash and with a large one.
/// </summary>
public sealed class NewHashCommandTests(NewHashCommandTests.Fixture servers) : IClassFixture<NewHashCommandTests.Fixture>
{
    private const string FieldsMissing = "-ERR Mandatory argument FIELDS is missing or not at the right position";
    private const string CountMismatch = "-ERR The `numfields` parameter must match the number of arguments";

    private static readonly Dictionary<string, string[]> Cases = new()
    {
        ["HEXPIRE"] =
        [
            "HSET h a 1 b 2 c 3 d 4 => 4", "HEXPIRE h 100 FIELDS 2 a x => [1 -2]", "HTTL h FIELDS 3 a b x => [100 -1 -2]",
            "HPEXPIRE h 0 FIELDS 1 b => [2]", "HGET h b => nil", "HEXPIREAT h 1 FIELDS 1 c => [2]", "HLEN h => 2",
            "HPEXPIREAT h 4102444800123 FIELDS 1 d => [1]",
            "HPEXPIRETIME h FIELDS 2 d a1 => [4102444800123 -2]", "HEXPIRETIME h FIELDS 1 d => [4102444801]",
            "HPERSIST h FIELDS 3 d a x => [1 1 -2]", "HPERSIST h FIELDS 1 a => [-1]", "HPTTL h FIELDS 2 a d => [-1 -1]",
            "HEXPIRE none 10 FIELDS 2 a b => [-2 -2]", "HTTL none FIELDS 1 a => [-2]", "HPERSIST none FIELDS 2 a b => [-2 -2]",
            "HEXPIRE h 0 FIELDS 2 a d => [2 2]", "EXISTS h => 0",
        ],
        ["conditions"] =
        [
            "HSET h a 1 b 2 => 2", "HEXPIRE h 100 XX FIELDS 1 a => [0]", "HEXPIRE h 100 GT FIELDS 1 a => [0]", "HEXPIRE h 100 NX FIELDS 1 a => [1]",
            "HEXPIRE h 200 NX FIELDS 2 a b => [0 1]", "HEXPIRE h 50 GT FIELDS 1 a => [0]", "HEXPIRE h 150 gt FIELDS 1 a => [1]",
            "HEXPIRE h 300 LT FIELDS 1 a => [0]", "HEXPIRE h 20 LT FIELDS 1 a => [1]", "HEXPIRE h 30 xx FIELDS 1 a => [1]", "HTTL h FIELDS 2 a b => [30 200]",
            "HSET h c 3 => 1", "HEXPIRE h 10 LT FIELDS 1 c => [1]",
        ],
        ["what keeps and what clears"] =
        [
            "HSET h a 1 b 1.5 c x => 3", "HEXPIRE h 100 FIELDS 3 a b c => [1 1 1]", "HINCRBY h a 4 => 5", "HINCRBYFLOAT h b 1 => 2.5", "HSET h c y => 0",
            "HTTL h FIELDS 3 a b c => [100 100 -1]", "HSETNX h a 9 => 0", "HTTL h FIELDS 1 a => [100]", "COPY h g => 1", "HTTL g FIELDS 2 a c => [100 -1]",
            "RENAME g f => OK", "HTTL f FIELDS 1 b => [100]", "EXPIRE f 1000 => 1", "HTTL f FIELDS 1 b => [100]", "TTL f => 1000",
        ],
        ["expired fields"] =
        [
            "HSET h a 1 b 2 c 3 => 3", "HPEXPIRE h 30 FIELDS 2 a b => [1 1]", "(pause)", "HGET h a => nil", "HMGET h a b c => [nil nil 3]",
            "HGETALL h => [c 3]", "HKEYS h => [c]", "HVALS h => [3]", "HEXISTS h a => 0", "HSTRLEN h b => 0", "HDEL h a => 0", "HRANDFIELD h 5 => [c]",
            "HRANDFIELD h => c",
            "HRANDFIELD h -3 => [c c c]", "HSCAN h 0 => [0 [c 3]]", "HTTL h FIELDS 1 a => [-2]", "HSETNX h a 7 => 1", "HTTL h FIELDS 1 a => [-1]",
            "HINCRBY h b 5 => 5", "HGET h b => 5", "HTTL h FIELDS 1 b => [-1]",
        ],
        ["HGETEX"] =
        [
            "HSET h a 1 b 2 c 3 => 3", "HGETEX h FIELDS 3 a x b => [1 nil 2]", "HGETEX none FIELDS 2 a b => [nil nil]", "EXISTS none => 0",
            "HGETEX h EX 100 FIELDS 1 a => [1]", "HTTL h FIELDS 1 a => [100]", "HGETEX h FIELDS 1 a => [1]", "HTTL h FIELDS 1 a => [100]",
            "HGETEX h PERSIST FIELDS 2 a b => [1 2]", "HTTL h FIELDS 1 a => [-1]", "HGETEX h PXAT 4102444800123 FIELDS 1 b => [2]",
            "HPEXPIRETIME h FIELDS 1 b => [4102444800123]", "HGETEX h EXAT 1 FIELDS 1 b => [2]", "HEXISTS h b => 0", "HGETEX h px 0 FIELDS 2 a c => [1 3]",
            "EXISTS h => 0",
        ],
        ["HGETDEL"] =
        [
            "HSET h a 1 b 2 c 3 => 3", "HGETDEL h FIELDS 2 a x => [1 nil]", "HLEN h => 2", "HGETDEL h FIELDS 2 b c => [2 3]", "EXISTS h => 0",
            "HGETDEL h FIELDS 1 a => [nil]",
        ],
        ["HSETEX"] =
        [
            "HSETEX h FIELDS 2 a 1 b 2 => 1", "HTTL h FIELDS 2 a b => [-1 -1]", "HSETEX h EX 100 FIELDS 1 a 3 => 1", "HTTL h FIELDS 1 a => [100]",
            "HGET h a => 3", "HSETEX h KEEPTTL FIELDS 1 a 4 => 1", "HTTL h FIELDS 1 a => [100]", "HSETEX h FIELDS 1 a 5 => 1", "HTTL h FIELDS 1 a => [-1]",
            "HSETEX h FNX FIELDS 2 a 9 z 9 => 0", "HEXISTS h z => 0", "HSETEX h FNX PX 100000 FIELDS 1 z 9 => 1", "HTTL h FIELDS 1 z => [100]",
            "HSETEX h FXX FIELDS 2 a 1 q 1 => 0", "HSETEX h EX 60 FXX FIELDS 1 a 6 => 1", "HSETEX none FXX FIELDS 1 a 1 => 0", "EXISTS none => 0",
            "HSETEX h EXAT 1 FIELDS 1 b gone => 1", "HEXISTS h b => 0", "HSETEX one PXAT 1 FIELDS 1 b gone => 1", "EXISTS one => 0",
            "HSETEX new EX 100 FIELDS 2 a 1 b 2 => 1", "HTTL new FIELDS 2 a b => [100 100]",
        ],
        ["HSCAN NOVALUES"] = ["HSET h a 1 b 2 => 2", "HSCAN h 0 NOVALUES MATCH a => [0 [a]]", "HSCAN h 0 MATCH b novalues COUNT 5 => [0 [b]]"],
        ["errors"] =
        [
            "SET s v => OK", "HSET h a 1 => 1", "HEXPIRE s abc FIELDS 1 a => -WRONGTYPE Operation against a key holding the wrong kind of value",
            "HTTL s FIELDS 1 a => -WRONGTYPE Operation against a key holding the wrong kind of value",
            "HEXPIRE h 10 => -ERR wrong number of arguments for 'hexpire' command",
            "HEXPIRE h abc FIELDS 1 a => -ERR value is not an integer or out of range", "HEXPIRE h -1 FIELDS 1 a => -ERR invalid expire time, must be >= 0",
            "HEXPIRE h 99999999999 FIELDS 1 a => -ERR invalid expire time in 'hexpire' command",
            "HPEXPIREAT h 70368744177664 FIELDS 1 a => -ERR invalid expire time in 'hpexpireat' command", "HPEXPIREAT h 70368744177663 FIELDS 1 a => [1]",
            "HEXPIREAT h 9223372036854775807 FIELDS 1 a => -ERR invalid expire time in 'hexpireat' command",
            "HEXPIRE h 10 FIELD 1 a => " + FieldsMissing, "HEXPIRE h 10 NX XX FIELDS 1 a => " + FieldsMissing,
            "HEXPIRE h 10 BOGUS FIELDS 1 a => " + FieldsMissing,
            "HEXPIRE h 10 FIELDS abc a => -ERR Parameter `numFields` should be greater than 0",
            "HEXPIRE h 10 FIELDS 0 a => -ERR Parameter `numFields` should be greater than 0", "HEXPIRE h 10 FIELDS 2 a => " + CountMismatch,
            "HTTL h FIELDS 0 a => -ERR Number of fields must be a positive integer", "HTTL h FIELDS 2 a => " + CountMismatch,
            "HTTL h FELDS 1 a => " + FieldsMissing,
            "HPERSIST h FIELDS x a => -ERR Number of fields must be a positive integer", "HGETDEL h FIELDS 3 a => " + CountMismatch,
            "HGETEX h KEEPTTL FIELDS 1 a => " + FieldsMissing, "HGETEX h EX 100 PERSIST FIELDS 1 a => " + FieldsMissing,
            "HGETEX h EX abc FIELDS 1 a => -ERR value is not an integer or out of range", "HGETEX h EX -5 FIELDS 1 a => -ERR invalid expire time, must be >= 0",
            "HGETEX h EXAT 99999999999 FIELDS 1 a => -ERR invalid expire time in 'hgetex' command",
            "HSETEX s FIELDS 1 a v => -WRONGTYPE Operation against a key holding the wrong kind of value",
            "HSETEX h BOGUS FIELDS 1 a v => -ERR unknown argument: BOGUS",
            "HSETEX h FNX FXX FIELDS 1 a v => -ERR Only one of FXX or FNX arguments can be specified",
            "HSETEX h EX 60 KEEPTTL FIELDS 1 a v => -ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
            "HSETEX h FIELDS abc a v => -ERR invalid number of fields", "HSETEX h FIELDS 0 a v => -ERR invalid number of fields",
            "HSETEX h FIELDS 2 a v => -ERR wrong number of arguments for 'hsetex' command",
            "HSETEX h FIELDS 1 a v b w => -ERR wrong number of arguments for 'hsetex' command",
            "HSETEX h EX -5 FIELDS 1 a v => -ERR invalid expire time, must be >= 0",
            "HSETEX h FNX FNX KEEPTTL x => -ERR Only one of FXX or FNX arguments can be specified",
        ],
    };

    /// <summary>Case and encoding.</summary>
    public static TheoryData<string, bool> Names()
    {
        var names = new TheoryData<string, bool>();
        foreach (string name in Cases.Keys)
        {
            names.Add(name, false);
            names.Add(name, true);
        }
        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Replies_follow_the_documentation(string name, bool isLarge)
    {
        using var client = servers.Emptied();
        HashServer.Expect(client, $"CONFIG SET hash-max-listpack-entries {(isLarge ? 0 : 512)}", "OK");

        // Nothing but lookups shall see to expired fields here.
        HashServer.Expect(client, "DEBUG SET-ACTIVE-EXPIRE 0", "OK");
        foreach (string line in Cases[name])
        {
            if (line == "(pause)")
            {
                Thread.Sleep(150);
                continue;
            }
            int arrow = line.IndexOf(" => ", StringComparison.Ordinal);
            HashServer.Expect(client, line[..arrow], line[(arrow + 4)..]);
        }
        HashServer.Expect(client, "DEBUG SET-ACTIVE-EXPIRE 1", "OK");
    }

    [Fact]
    public void Encodings_have_the_names_of_redis()
    {
        using var client = servers.Emptied();
        HashServer.Expect(client, "CONFIG SET hash-max-listpack-entries 3", "OK");
        HashServer.Expect(client, "HSET h a 1 b 2", "2");
        HashServer.Expect(client, "OBJECT ENCODING h", "listpack");
        HashServer.Expect(client, "HEXPIRE h 100 FIELDS 1 a", "[1]");
        HashServer.Expect(client, "OBJECT ENCODING h", "listpackex");
        HashServer.Expect(client, "HSET h c 1 d 2", "2");
        HashServer.Expect(client, "OBJECT ENCODING h", "hashtable");
        HashServer.Expect(client, "HTTL h FIELDS 2 a b", "[100 -1]");
    }

    [Theory]
    [InlineData(512, 5)]
    [InlineData(0, 5)]
    [InlineData(0, 20_000)]
    public void Fields_that_nobody_asks_for_are_removed_and_empty_hashes_go(int entriesMax, int fields)
    {
        using var client = servers.Emptied();
        HashServer.Expect(client, $"CONFIG SET hash-max-listpack-entries {entriesMax}", "OK");
        for (int from = 0; from < fields; from += 1000)
        {
            string[] names = Enumerable.Range(from, Math.Min(1000, fields - from)).Select(i => "f" + i).ToArray();
            foreach (string key in new[] { "all", "most" })
            {
                client.Call(["HSET", key, .. names.SelectMany(n => new[] { n, "v" })]);
                client.Call(["HPEXPIRE", key, "200", "FIELDS", names.Length.ToString(), .. names]);
            }
        }
        HashServer.Expect(client, "HSET most stays 1 later 2", "2");
        HashServer.Expect(client, "HEXPIRE most 1000 FIELDS 1 later", "[1]");
        Assert.True(SpinWait.SpinUntil(() => client.Call("DBSIZE").Integer == 1 && client.Call("HLEN", "most").Integer == 2, 60_000),
            $"{client.Call("DBSIZE").Integer} keys, {client.Call("HLEN", "most").Integer} fields");
        HashServer.Expect(client, "HTTL most FIELDS 1 stays", "[-1]");
        HashServer.Expect(client, "HGET most later", "2");
    }

    /// <summary>The server.</summary>
    public sealed class Fixture() : HashServer(ServerKind.FastKv1, "--enable-debug-command", "yes");
}
