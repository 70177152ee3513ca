using FastKv.Tests.Notifications;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Hashes;

/// <summary>
/// A field that a command finds expired goes at once, as in Redis 7.4, though the expiry is asleep: HLEN, the events and INFO tell; so does an empty hash that
/// is not there any more.
/// </summary>
public sealed class FieldExpiryOnAccessTests
{
    public static TheoryData<ServerKind, bool> Kinds => new()
    {
        { ServerKind.FastKv1, false }, { ServerKind.FastKv1, true }, { ServerKind.FastKv3, false }, { ServerKind.FastKv3, true },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_read_goes(ServerKind kind, bool isLarge)
    {
        using var server = Start(kind);
        using RespClient client = server.Connect(), watching = server.Connect();
        Make(client, isLarge, "a", "b", "c", "d", "e");
        watching.Call("WATCH", "h");
        watching.Call("MULTI");
        using var listener = new EventListener(server, "KA");
        HashServer.Expect(client, "HLEN h", "6");
        HashServer.Expect(client, "HGET h a", "nil");
        Assert.True(watching.Call("EXEC").IsNull);
        HashServer.Expect(client, "HLEN h", "5");
        HashServer.Expect(client, "HSTRLEN h b", "0");
        HashServer.Expect(client, "HEXISTS h c", "0");
        HashServer.Expect(client, "HLEN h", "3");
        HashServer.Expect(client, "HMGET h a d stays d e", isLarge ? $"[nil nil {new string('x', 100)} nil nil]" : "[nil nil s nil nil]");
        HashServer.Expect(client, "HLEN h", "1");
        Assert.Equal([.. Enumerable.Repeat("__keyspace@0__:h hexpired", 5)], listener.Take());
        Assert.Contains("expired_subkeys:5\r\n", client.Call("INFO", "stats").Text, StringComparison.Ordinal);
        Assert.Equal(0, server.Stop());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_last_one_takes_the_hash_with_it(ServerKind kind, bool isLarge)
    {
        using var server = Start(kind);
        using RespClient client = server.Connect();
        foreach (string command in (string[])["HGET h a", "HMGET h a a", "HEXISTS h a", "HSTRLEN h a"])
        {
            Make(client, isLarge, "a");
            client.Call("HDEL", "h", "stays");
            using var listener = new EventListener(server, "KA");
            HashServer.Expect(client, "EXISTS h", "1");
            client.Call(command.Split(' '));
            HashServer.Expect(client, "EXISTS h", "0");
            HashServer.Expect(client, "DBSIZE", "0");
            Assert.Equal(["__keyspace@0__:h hexpired", "__keyspace@0__:h del"], listener.Take());
        }
        Assert.Equal(0, server.Stop());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_to_be_changed_goes_before(ServerKind kind, bool isLarge)
    {
        using var server = Start(kind);
        using RespClient client = server.Connect();
        foreach ((string command, string name) in (ReadOnlySpan<(string, string)>)[("HSETNX h a 3", "hset"), ("HINCRBY h a 3", "hincrby"),
            ("HINCRBYFLOAT h a 3", "hincrbyfloat")])
        {
            Make(client, isLarge, "a");
            using (var listener = new EventListener(server, "KA"))
            {
                client.Call(command.Split(' '));
                Assert.Equal(["__keyspace@0__:h hexpired", $"__keyspace@0__:h {name}"], listener.Take());
            }
            HashServer.Expect(client, "HGET h a", "3");
            HashServer.Expect(client, "HTTL h FIELDS 1 a", "[-1]");
            HashServer.Expect(client, "HLEN h", "2");

            Make(client, isLarge, "a");
            client.Call("HDEL", "h", "stays");
            using (var listener = new EventListener(server, "KA"))
            {
                client.Call(command.Split(' '));
                Assert.Equal(["__keyspace@0__:h hexpired", "__keyspace@0__:h del", $"__keyspace@0__:h {name}"],
                    listener.Take().Where(text => !text.EndsWith("new", StringComparison.Ordinal)));
            }
            HashServer.Expect(client, "HGETALL h", "[a 3]");
        }
        Assert.Equal(0, server.Stop());
    }

    /// <summary>While clients pause nothing expires, as in Redis; the field is not there all the same.</summary>
    [Fact]
    public void Nothing_goes_during_a_pause()
    {
        using var server = Start(ServerKind.FastKv1);
        using RespClient client = server.Connect();
        Make(client, isLarge: false, "a");
        client.Call("CLIENT", "PAUSE", "100000", "WRITE");
        HashServer.Expect(client, "HGET h a", "nil");
        HashServer.Expect(client, "HLEN h", "2");
        client.Call("CLIENT", "UNPAUSE");
        HashServer.Expect(client, "HGET h a", "nil");
        HashServer.Expect(client, "HLEN h", "1");
        Assert.Equal(0, server.Stop());
    }

    private static ServerProcess Start(ServerKind kind)
    {
        var server = ServerProcess.Start(kind, "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0").Text);
        return server;
    }

    /// <summary>A hash with fields that are due, and one that stays.</summary>
    private static void Make(RespClient client, bool isLarge, params string[] due)
    {
        client.Call("DEL", "h");
        client.Call(["HSET", "h", .. due.SelectMany(name => new[] { name, "1" }), "stays", isLarge ? new string('x', 100) : "s"]);
        client.Call(["HPEXPIRE", "h", "1", "FIELDS", $"{due.Length}", .. due]);
        Thread.Sleep(10);
    }
}
