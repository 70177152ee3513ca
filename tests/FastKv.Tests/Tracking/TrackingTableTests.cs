using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Tracking;

/// <summary>The table of keys that clients hold: its bound, its figures, and what becomes of it when clients go.</summary>
public sealed class TrackingTableTests
{
    private const int PatienceMs = 60_000;

    [Theory]
    [InlineData(ServerKind.FastKv1, 100)]
    [InlineData(ServerKind.FastKv3, 99)]
    public void The_table_holds_no_more_keys_than_allowed_and_tells_of_those_it_forgets(ServerKind kind, int keysMax)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--tracking-table-max-keys", keysMax.ToString());
        using RespClient client = server.Connect();
        client.Call("HELLO", "3");
        client.Call("CLIENT", "TRACKING", "ON");
        var held = new HashSet<string>();
        for (int i = 0; i < 1000; i++)
        {
            client.Send("GET", $"key{i}");
            held.Add($"key{i}");
            Take(client, held);
        }
        client.Send("PING");
        Take(client, held);
        Assert.InRange(Figure(server, "tracking_total_keys"), 1, keysMax);
        Assert.Equal(Figure(server, "tracking_total_keys"), held.Count);
        Assert.Equal(held.Count, Figure(server, "tracking_total_items"));

        // What it says is held it really tells of.
        using RespClient writer = server.Connect();
        foreach (string key in held)
            writer.Call("SET", key, "v");
        client.Send("PING");
        Take(client, held);
        Assert.Empty(held);
        Assert.Equal(0, Figure(server, "tracking_total_keys"));
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Clients_that_come_and_go_leave_no_more_than_places_for_those_who_are_there(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        for (int i = 0; i < 60; i++)
        {
            using RespClient client = server.Connect();
            client.Call("CLIENT", "TRACKING", "ON");
            client.Call("MGET", "a", "b", "c");
            Assert.Equal(1, Figure(server, "tracking_clients"));
            client.Dispose();
            long end = Environment.TickCount64 + PatienceMs;
            while (Figure(server, "tracking_clients") != 0)
                Assert.True(Environment.TickCount64 < end, "the client has not been forgotten");
        }
        Assert.Equal(3, Figure(server, "tracking_total_keys"));
        Assert.InRange(Figure(server, "tracking_total_items"), 3, 30);
        using RespClient writer = server.Connect();
        writer.Call("MSET", "a", "1", "b", "2", "c", "3");
        Assert.Equal(0, Figure(server, "tracking_total_items"));
        Assert.Equal(0, Figure(server, "tracking_total_keys"));
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv3)]
    public void Figures_count_clients_and_prefixes(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient first = server.Connect();
        using RespClient second = server.Connect();
        first.Call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a", "PREFIX", "b");
        second.Call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "b", "PREFIX", "c");
        Assert.Equal((2, 3), (Figure(server, "tracking_clients"), Figure(server, "tracking_total_prefixes")));
        first.Call("CLIENT", "TRACKING", "OFF");
        Assert.Equal((1, 2), (Figure(server, "tracking_clients"), Figure(server, "tracking_total_prefixes")));
        second.Call("RESET");
        Assert.Equal((0, 0), (Figure(server, "tracking_clients"), Figure(server, "tracking_total_prefixes")));
    }

    private static void Take(RespClient client, HashSet<string> held)
    {
        RespFrame frame;
        while ((frame = client.Read()).Type == '>')
            held.ExceptWith(frame.Items![1].Items!.Select(key => key.Text));
    }

    private static long Figure(ServerProcess server, string name)
    {
        using RespClient client = server.Connect();
        string text = client.Call("INFO").Text;
        int start = text.IndexOf($"\n{name}:", StringComparison.Ordinal) + name.Length + 2;
        return long.Parse(text.AsSpan(start, text.IndexOf('\r', start) - start));
    }
}
