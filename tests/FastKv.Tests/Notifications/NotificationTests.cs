using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Notifications;

/// <summary>Keyspace events that depend on time, on other clients, or on commands that redis-server 7.0 does not have.</summary>
public sealed class NotificationTests
{
    private const int PatienceMs = 60_000;

    /// <summary>Both numbers of shards.</summary>
    public static TheoryData<ServerKind> Kinds => [ServerKind.FastKv1, ServerKind.FastKv3];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_key_that_expires_is_told_once_whether_somebody_asks_for_it_or_not(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect();
        using var listener = new EventListener(server, "Ex");
        for (int i = 0; i < 20; i++)
            client.Call("SET", $"active{i}", "v", "PX", "1");
        AssertEventually(listener, [.. Enumerable.Range(0, 20).Select(i => $"__keyevent@0__:expired active{i}")]);

        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        client.Call("SET", "lazy", "v", "PX", "1");
        client.Call("SET", "{t}lazy", "v", "PX", "1");
        Thread.Sleep(50);
        Patience.Until(() => client.Call("GET", "lazy").IsNull, "the key does not expire");
        client.Call("SET", "{t}lazy", "w");
        client.Call("GET", "lazy");
        Assert.Equal(["__keyevent@0__:expired lazy", "__keyevent@0__:expired {t}lazy"], listener.Take());
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Fields_that_expire_are_told_of_and_the_hash_that_goes_with_the_last(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect();
        using var listener = new EventListener(server, "Eghn");
        client.Call("HSET", "h", "a", "1", "b", "2");
        client.Call("HPEXPIRE", "h", "1", "FIELDS", "2", "a", "b");
        AssertEventually(listener, ["__keyevent@0__:new h", "__keyevent@0__:hset h", "__keyevent@0__:hexpire h", "__keyevent@0__:hexpired h",
            "__keyevent@0__:del h"]);
    }

    /// <summary>Newer commands with the events of the releases that have brought them.</summary>
    [Theory]
    [InlineData("HSETEX h EX 1000 FIELDS 1 a 1", "new hset hexpire")]
    [InlineData("HSETEX h FIELDS 1 a 1", "new hset")]
    [InlineData("HSET h f v|HSETEX h FNX EXAT 1 FIELDS 1 a 1", "new hset hset hdel")]
    [InlineData("HSETEX h EXAT 1 FIELDS 1 a 1", "hset hdel del")]
    [InlineData("HSET h a 1 b 2|HEXPIRE h 1000 FIELDS 1 a", "new hset hexpire")]
    [InlineData("HSET h a 1 b 2|HEXPIREAT h 1 FIELDS 1 a", "new hset hdel")]
    [InlineData("HSET h a 1|HEXPIREAT h 1 FIELDS 1 a", "new hset hdel del")]
    [InlineData("HSET h a 1|HEXPIRE h 1000 XX FIELDS 1 a", "new hset")]
    [InlineData("HSETEX h EX 1000 FIELDS 1 a 1|HPERSIST h FIELDS 1 a|HPERSIST h FIELDS 1 a", "new hset hexpire hpersist")]
    [InlineData("HSET h a 1 b 2|HGETEX h FIELDS 1 a|HGETEX h EX 1000 FIELDS 1 a|HGETEX h PERSIST FIELDS 1 a", "new hset hexpire hpersist")]
    [InlineData("HSET h a 1|HGETEX h PXAT 1 FIELDS 1 a", "new hset hdel del")]
    [InlineData("HSET h a 1 b 2|HGETDEL h FIELDS 1 a|HGETDEL h FIELDS 1 c|HGETDEL h FIELDS 1 b", "new hset hdel hdel del")]
    [InlineData("SET h v|SET h w IFEQ x|SET h w IFEQ v|DELEX h IFEQ x|DELEX h IFEQ w", "new set set del")]
    [InlineData("MSETEX 1 h v EX 1000", "new set expire")]
    [InlineData("XADD h 1-1 a b|XADD h 2-1 a b|XDELEX h IDS 1 1-1|XGROUP CREATE h g 0|XREADGROUP GROUP g c STREAMS h >|XACKDEL h g IDS 1 2-1",
        "new xadd xadd xdel xgroup-create xgroup-createconsumer xdel")]
    [InlineData("XADD h 1-1 a b|XGROUP CREATE h g 0|XGROUP CREATE h i 0|XREADGROUP GROUP g c STREAMS h >|XACKDEL h g ACKED IDS 1 1-1|XDEL h 1-1",
        "new xadd xgroup-create xgroup-create xgroup-createconsumer xdel")]
    [InlineData("XADD h 1-1 a b|XGROUP CREATE h g 0|XREADGROUP GROUP g c STREAMS h >|XDEL h 1-1|XDELEX h DELREF IDS 1 1-1|DEL h",
        "new xadd xgroup-create xgroup-createconsumer xdel del")]
    public void Newer_commands_have_their_events(string commands, string events)
    {
        using ServerProcess server = ServerProcess.Start(ServerKind.FastKv3);
        using RespClient client = server.Connect();
        using var listener = new EventListener(server, "KAn");
        foreach (string command in commands.Split('|'))
            Assert.False(client.Call(command.Split(' ')).IsError, command);
        Assert.Equal(events.Split(' ').Select(name => $"__keyspace@0__:h {name}"), listener.Take());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Configuration_holds_for_the_next_command_and_other_classes_stay_silent(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--notify-keyspace-events", "K$");
        using RespClient client = server.Connect();
        using var listener = new EventListener(server, "K$");
        client.Call("SET", "a", "1");
        client.Call("LPUSH", "l", "1");
        Assert.Equal(["__keyspace@0__:a set"], listener.Take());
        client.Call("CONFIG", "SET", "notify-keyspace-events", "El");
        client.Call("SET", "a", "1");
        client.Call("LPUSH", "l", "1");
        Assert.Equal(["__keyevent@0__:lpush l"], listener.Take());
        foreach (string nothing in (string[])["", "A", "$l"])
        {
            client.Call("CONFIG", "SET", "notify-keyspace-events", nothing);
            client.Call("SET", "a", "1");
            client.Call("LPUSH", "l", "1");
            Assert.Empty(listener.Take());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_that_was_blocked_and_is_served_pops_for_all_to_hear(ServerKind kind)
    {
        using ServerProcess expected = ServerProcess.Start(ServerKind.Redis);
        using ServerProcess actual = ServerProcess.Start(kind);
        string wanted = Blocked(expected);
        Assert.Equal(wanted, Blocked(actual));
        Assert.Contains("lpop {t}l", wanted);
    }

    [Fact]
    public void A_key_and_a_database_of_any_size_make_the_channel()
    {
        using ServerProcess server = ServerProcess.Start(ServerKind.FastKv1);
        using RespClient client = server.Connect();
        using var listener = new EventListener(server, "KE$");
        string key = new('k', 3000);
        client.Call("SELECT", "13");
        client.Call("SET", key, "v");
        client.Call("SET", "", "v");
        Assert.Equal([$"__keyspace@13__:{key} set", $"__keyevent@13__:set {key}", "__keyspace@13__: set", "__keyevent@13__:set "], listener.Take());
    }

    /// <summary>Memory runs out: of the keys that may go, each is told of once on each of its channels, unless nobody has asked for that.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Keys_that_are_evicted_are_told_of(ServerKind kind)
    {
        using ServerProcess expected = ServerProcess.Start(ServerKind.Redis, "--maxmemory-policy", "volatile-lru");
        using ServerProcess actual = ServerProcess.Start(kind, "--maxmemory-policy", "volatile-lru");
        foreach (string classes in (string[])["KEe", "Ee", "KEA", "KEg$lshzxdn"])
        {
            string wanted = Evicted(expected, classes);
            Assert.Equal(!classes.Contains('$'), wanted.Contains("__keyevent@1__:evicted k7", StringComparison.Ordinal));
            Assert.Equal(wanted, Evicted(actual, classes));
        }
    }

    private static string Evicted(ServerProcess server, string classes)
    {
        using RespClient client = server.Connect();
        client.Call("FLUSHALL");
        for (int i = 0; i < 30; i++)
        {
            client.Call("SELECT", (i % 2).ToString());
            client.Call(["SET", $"k{i}", new string('v', 2000), .. i % 3 == 0 ? (string[])[] : ["EX", "1000"]]);
        }
        using var listener = new EventListener(server, classes);
        client.Call("CONFIG", "SET", "maxmemory", "1");
        long end = Environment.TickCount64 + PatienceMs;
        foreach (string database in (string[])["0", "1"])
        {
            client.Call("SELECT", database);
            while (client.Call("DBSIZE").Text != "5")
                Assert.True(Environment.TickCount64 < end, "not all keys go that may go");
        }
        string events = string.Join('\n', listener.Take().Order(StringComparer.Ordinal));
        client.Call("CONFIG", "SET", "maxmemory", "0");
        return events;
    }

    private static string Blocked(ServerProcess server)
    {
        using RespClient pusher = server.Connect();
        using RespClient first = server.Connect();
        using RespClient second = server.Connect();
        using RespClient third = server.Connect();
        using var listener = new EventListener(server, "EAn");
        first.Send("BLPOP", "{t}l", "0");
        Wait(pusher, 1);
        second.Send("BLMOVE", "{t}l", "{t}m", "RIGHT", "LEFT", "0");
        Wait(pusher, 2);
        third.Send("BZPOPMIN", "{t}z", "0");
        Wait(pusher, 3);
        pusher.Call("RPUSH", "{t}l", "1", "2");
        pusher.Call("MULTI");
        pusher.Call("ZADD", "{t}z", "1", "a");
        pusher.Call("SET", "{t}s", "v");
        pusher.Call("EXEC");
        first.Read();
        second.Read();
        third.Read();
        return string.Join('\n', listener.Take());
    }

    private static void Wait(RespClient client, int blocked)
    {
        long end = Environment.TickCount64 + PatienceMs;
        while (!client.Call("INFO", "clients").Text.Contains($"blocked_clients:{blocked}\r", StringComparison.Ordinal))
            Assert.True(Environment.TickCount64 < end, "the client does not block");
    }

    private static void AssertEventually(EventListener listener, List<string> wanted)
    {
        var got = new List<string>();
        long end = Environment.TickCount64 + PatienceMs;
        while (got.Count < wanted.Count && Environment.TickCount64 < end)
        {
            got.AddRange(listener.Take());
            Thread.Sleep(1);
        }
        Assert.Equal(wanted.Order(StringComparer.Ordinal), got.Order(StringComparer.Ordinal));
    }
}
