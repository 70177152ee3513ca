using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Streams;

/// <summary>
/// XREADGROUP with CLAIM, against what the Redis documentation says of it (page of XREADGROUP, "The CLAIM option"). XCLAIM with IDLE makes entries as old as
/// a test needs them.
/// </summary>
public sealed class StreamClaimReadTests(NewStreamCommandTests.Fixture servers) : IClassFixture<NewStreamCommandTests.Fixture>
{
    private const string Key = "{k}s";

    [Fact]
    public void Idle_entries_come_first_the_oldest_at_the_head_and_are_claimed() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 6);
        client.Call("XREADGROUP", "GROUP", "g", "a", "COUNT", "5", "STREAMS", Key, ">");
        Age(client, Key, "4-1", 50_000);
        Age(client, Key, "1-1", 20_000);
        Age(client, Key, "3-1", 40_000);
        Entry[] entries = Read(client, "GROUP g b COUNT 2 CLAIM 10000 STREAMS {k}s >");
        Assert.Equal(["4-1", "3-1"], entries.Select(entry => entry.Id));
        Assert.All(entries, entry => Assert.Equal(["f", "v"], entry.Fields));
        Assert.True(entries[0].IdleMs is >= 50_000 and < 90_000 && entries[1].IdleMs is >= 40_000 and < 80_000, "idle times");
        Assert.All(entries, entry => Assert.Equal(1, entry.Deliveries));
        Assert.Equal("[:5 1-1 5-1 [[a 3] [b 2]]]", NewStreamCommandTests.Plain(client.Call("XPENDING", Key, "g")));

        // One is left that is idle; one is new; both together are within the count.
        entries = Read(client, "GROUP g b COUNT 2 CLAIM 10000 STREAMS {k}s >");
        Assert.Equal(["1-1", "6-1"], entries.Select(entry => entry.Id));
        Assert.Equal((0, 0), (entries[1].IdleMs, entries[1].Deliveries));
        Age(client, Key, "4-1", 15_000);
        Assert.Equal(("4-1", 2L), Read(client, "GROUP g c CLAIM 10000 STREAMS {k}s >").Select(entry => (entry.Id, entry.Deliveries)).Single());
        RespFrame pending = client.Call("XPENDING", Key, "g", "4-1", "4-1", "1").Items![0];
        Assert.Equal(("c", "3"), (pending.Items![1].Text, pending.Items[3].Text));
        Assert.True(client.Call("XREADGROUP", "GROUP", "g", "c", "CLAIM", "10000", "STREAMS", Key, ">").IsNull);
    });

    [Fact]
    public void All_that_is_pending_is_claimed_with_an_idle_time_of_zero_and_before_what_is_new() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 3);
        client.Call("XREADGROUP", "GROUP", "g", "a", "COUNT", "2", "STREAMS", Key, ">");
        Assert.Equal([("1-1", 1), ("2-1", 1), ("3-1", 0)], Read(client, "GROUP g a CLAIM 0 STREAMS {k}s >").Select(entry => (entry.Id, entry.Deliveries)));

        // A group that was turned back gets its entries twice, and the count begins anew with the second.
        client.Call("XGROUP", "SETID", Key, "g", "0");
        Assert.Equal([("1-1", 2), ("2-1", 2), ("3-1", 1), ("1-1", 0), ("2-1", 0), ("3-1", 0)],
            Read(client, "GROUP g a CLAIM 0 STREAMS {k}s >").Select(entry => (entry.Id, entry.Deliveries)));
        Assert.Equal([1, 1, 1], Read(client, "GROUP g a CLAIM 0 STREAMS {k}s >").Select(entry => entry.Deliveries));

        // Nor does it get what is not new where there is nothing behind.
        client.Call("XGROUP", "SETID", Key, "g", "+");
        Assert.Equal(["1-1", "2-1", "3-1"], Read(client, "GROUP g a CLAIM 0 STREAMS {k}s >").Select(entry => entry.Id));
    });

    [Fact]
    public void What_is_claimed_stays_pending_with_NOACK_too() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 2);
        client.Call("XREADGROUP", "GROUP", "g", "a", "COUNT", "1", "STREAMS", Key, ">");
        Assert.Equal(["1-1", "2-1"], Read(client, "GROUP g b NOACK CLAIM 0 STREAMS {k}s >").Select(entry => entry.Id));
        Assert.Equal("[:1 1-1 1-1 [[b 1]]]", NewStreamCommandTests.Plain(client.Call("XPENDING", Key, "g")));
    });

    [Fact]
    public void What_was_deleted_is_not_claimed() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 3);
        client.Call("XREADGROUP", "GROUP", "g", "a", "STREAMS", Key, ">");
        client.Call("XDEL", Key, "1-1");
        Assert.Equal(["2-1"], Read(client, "GROUP g b COUNT 1 CLAIM 0 STREAMS {k}s >").Select(entry => entry.Id));
        client.Call("XTRIM", Key, "MAXLEN", "0");
        Assert.True(client.Call("XREADGROUP", "GROUP", "g", "b", "CLAIM", "0", "STREAMS", Key, ">").IsNull);
        Assert.True(client.Call("XREADGROUP", "GROUP", "g", "b", "BLOCK", "30", "CLAIM", "0", "STREAMS", Key, ">").IsNull);
        Assert.Equal(3, client.Call("XPENDING", Key, "g").Items![0].Integer);

        // An ID can come again, and then there is an entry for what is pending.
        client.Call("XSETID", Key, "1-0");
        client.Call("XADD", Key, "1-1", "f", "v");
        Assert.Equal(["1-1"], Read(client, "GROUP g b CLAIM 0 STREAMS {k}s >").Select(entry => entry.Id));
    });

    [Fact]
    public void Streams_are_claimed_from_each_by_itself_over_all_shards() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        string[] keys = ["s", "t", "u", "v"];
        foreach (string key in keys)
        {
            Fill(client, key, 2);
            client.Call("XREADGROUP", "GROUP", "g", "a", "COUNT", "1", "STREAMS", key, ">");
        }
        Age(client, "t", "1-1", 50_000);
        Age(client, "v", "1-1", 50_000);
        RespFrame reply = client.Call("XREADGROUP", "GROUP", "g", "b", "COUNT", "1", "CLAIM", "10000", "STREAMS", "s", "t", "u", "v", ">", ">", ">", ">");
        Assert.Equal(["s 2-1", "t 1-1", "u 2-1", "v 1-1"], reply.Items!.Select(s => $"{s.Items![0].Text} {s.Items[1].Items!.Single().Items![0].Text}"));
        Assert.All(reply.Items!, s => Assert.Equal(4, s.Items![1].Items![0].Items!.Length));
    });

    [Fact]
    public void Numbers_are_integers_in_both_protocols() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 1);
        client.Call("HELLO", "3");
        Assert.Equal("[{k}s [[1-1 [f v] :0 :0]]]", NewStreamCommandTests.Plain(client.Call("XREADGROUP", "GROUP", "g", "a", "CLAIM", "5", "STREAMS", Key, ">")));
    });

    [Fact]
    public void A_blocked_client_gets_what_becomes_idle() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 2);
        client.Call("XREADGROUP", "GROUP", "g", "a", "STREAMS", Key, ">");
        using RespClient waiter = server.Connect();
        Entry[] entries = Read(waiter, "GROUP g b BLOCK 0 CLAIM 60 STREAMS {k}s >");
        Assert.Contains("1-1", entries.Select(entry => entry.Id));
        Assert.All(entries, entry => Assert.True(entry.IdleMs >= 60 && entry.Deliveries == 1, $"{entry.IdleMs} {entry.Deliveries}"));
    });

    [Fact]
    public void A_blocked_client_with_streams_on_several_shards_gets_what_becomes_idle() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        string[] keys = ["s", "t", "u", "v"];
        foreach (string key in keys)
            Fill(client, key, key == "u" ? 1 : 0);
        client.Call("XREADGROUP", "GROUP", "g", "a", "STREAMS", "u", ">");
        using RespClient waiter = server.Connect();
        Entry[] entries = Read(waiter, "GROUP g b BLOCK 0 CLAIM 60 STREAMS s t u v > > > >");
        Assert.Equal(["1-1"], entries.Select(entry => entry.Id));
        Assert.Equal("[:1 1-1 1-1 [[b 1]]]", NewStreamCommandTests.Plain(client.Call("XPENDING", "u", "g")));
    });

    [Fact]
    public void Of_two_blocked_clients_the_second_gets_what_the_first_has_left() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 0);
        using RespClient first = server.Connect();
        using RespClient second = server.Connect();
        first.Send("XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "CLAIM", "50", "STREAMS", Key, ">");
        AwaitBlocked(client, 1);
        second.Send("XREADGROUP", "GROUP", "g", "b", "BLOCK", "0", "CLAIM", "50", "STREAMS", Key, ">");
        AwaitBlocked(client, 2);
        client.Call("XADD", Key, "1-1", "f", "v");
        Assert.Equal(0, Entries(first.Read()).Single().Deliveries);
        Entry entry = Entries(second.Read()).Single();
        Assert.True(entry.IdleMs >= 50 && entry.Deliveries == 1, $"{entry.IdleMs} {entry.Deliveries}");
    });

    [Fact]
    public void A_blocked_client_gets_what_others_make_idle_or_add_and_its_timeout() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 1);
        client.Call("XREADGROUP", "GROUP", "g", "a", "STREAMS", Key, ">");
        using RespClient waiter = server.Connect();
        string[] blocking = ["XREADGROUP", "GROUP", "g", "b", "BLOCK", "0", "CLAIM", "100000000", "STREAMS", Key, ">"];
        waiter.Send(blocking);
        AwaitBlocked(client, 1);
        Age(client, Key, "1-1", 200_000_000);
        Assert.True(Entries(waiter.Read()).Single().IdleMs >= 200_000_000, "idle time");

        // What will be idle soon, though it was planned to be looked at in a day.
        waiter.Send(blocking);
        AwaitBlocked(client, 1);
        Age(client, Key, "1-1", 100_000_000 - 60);
        Assert.True(Entries(waiter.Read()).Single().IdleMs >= 100_000_000, "idle time");

        waiter.Send(blocking);
        AwaitBlocked(client, 1);
        client.Call("XADD", Key, "2-1", "f", "v");
        Assert.Equal("2-1", Entries(waiter.Read()).Single().Id);

        blocking[5] = "40";
        Assert.True(waiter.Call(blocking).IsNull);
        client.Call("XACK", Key, "g", "1-1", "2-1");
        blocking[7] = "10";
        blocking[5] = "100";
        Assert.True(waiter.Call(blocking).IsNull);
    });

    [Fact]
    public void A_blocked_client_hears_that_its_group_has_gone_and_may_go_itself() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 0);
        string[] blocking = ["XREADGROUP", "GROUP", "g", "b", "BLOCK", "0", "CLAIM", "10", "STREAMS", Key, ">"];
        using (RespClient gone = server.Connect())
        {
            gone.Send(blocking);
            AwaitBlocked(client, 1);
        }
        AwaitBlocked(client, 0);
        using RespClient waiter = server.Connect();
        long id = waiter.Call("CLIENT", "ID").Integer;
        waiter.Send(blocking);
        AwaitBlocked(client, 1);

        // Looks come and go meanwhile; in the midst of one it is being served.
        Thread.Sleep(60);
        while (client.Call("CLIENT", "UNBLOCK", $"{id}", "ERROR").Integer == 0)
            Thread.Sleep(1);
        Assert.Equal("-UNBLOCKED client unblocked via CLIENT UNBLOCK", NewStreamCommandTests.Plain(waiter.Read()));
        waiter.Send(blocking);
        AwaitBlocked(client, 1);
        client.Call("XGROUP", "DESTROY", Key, "g");
        Assert.Equal("-NOGROUP the consumer group this client was blocked on no longer exists", NewStreamCommandTests.Plain(waiter.Read()));
    });

    [Fact]
    public void XACKDEL_that_deletes_nothing_touches_nobody_who_watches() => OnEach(server =>
    {
        using RespClient client = server.Connect();
        Fill(client, Key, 2);
        client.Call("XGROUP", "CREATE", Key, "h", "0");
        client.Call("XREADGROUP", "GROUP", "g", "a", "STREAMS", Key, ">");
        using RespClient watcher = server.Connect();
        watcher.Call("WATCH", Key);
        Assert.Equal("[:2]", NewStreamCommandTests.Plain(client.Call("XACKDEL", Key, "g", "ACKED", "IDS", "1", "1-1")));
        watcher.Call("MULTI");
        Assert.Equal("[]", NewStreamCommandTests.Plain(watcher.Call("EXEC")));
        watcher.Call("WATCH", Key);
        Assert.Equal("[:1]", NewStreamCommandTests.Plain(client.Call("XACKDEL", Key, "g", "IDS", "1", "2-1")));
        watcher.Call("MULTI");
        Assert.True(watcher.Call("EXEC").IsNull);
    });

    private void OnEach(Action<ServerProcess> test)
    {
        foreach (ServerProcess server in servers.Both)
        {
            using (RespClient client = server.Connect())
                client.Call("FLUSHALL");
            test(server);
        }
    }

    private static void Fill(RespClient client, string key, int entries)
    {
        client.Call("XGROUP", "CREATE", key, "g", "0", "MKSTREAM");
        for (int i = 1; i <= entries; i++)
            client.Call("XADD", key, $"{i}-1", "f", "v");
    }

    private static void Age(RespClient client, string key, string id, long idleMs) =>
        Assert.Equal(id, client.Call("XCLAIM", key, "g", "a", "0", id, "IDLE", $"{idleMs}", "JUSTID").Items!.Single().Text);

    private static void AwaitBlocked(RespClient client, int count)
    {
        while (!client.Call("INFO", "clients").Text.Contains($"blocked_clients:{count}\r"))
            Thread.Sleep(1);
    }

    private static Entry[] Read(RespClient client, string arguments) => Entries(client.Call(["XREADGROUP", .. arguments.Split(' ')]));

    private static Entry[] Entries(RespFrame reply)
    {
        Assert.True(reply.Items is { Length: 1 }, reply.ToString());
        return [.. reply.Items![0].Items![1].Items!.Select(entry => new Entry(entry.Items![0].Text, [.. entry.Items[1].Items!.Select(item => item.Text)],
            entry.Items[2].Integer, entry.Items[3].Integer))];
    }

    private sealed record Entry(string Id, string[] Fields, long IdleMs, long Deliveries);
}
