using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Eviction;

/// <summary>maxmemory-clients: the largest client goes, as in redis-server.</summary>
public sealed class ClientEvictionTests
{
    private const int PatienceMs = 60_000;

    public static TheoryData<ServerKind> Servers => new(ServerKind.Redis, ServerKind.FastKv1, ServerKind.FastKv3);

    /// <summary>A command that does not end fills its client's buffer.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public void The_largest_client_goes(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory-clients", "3000000");
        using RespClient small = server.Connect(), large = server.Connect(), middle = server.Connect();
        Assert.Equal("PONG", small.Call("PING").Text);
        Fill(middle, 1_000_000);
        Fill(large, 2_500_000);
        Assert.True(large.IsClosedByPeer());
        Assert.Equal("PONG", small.Call("PING").Text);
        Assert.Equal(1, EvictionServer.Info(small, "stats", "evicted_clients"));
        Assert.Equal(2, EvictionServer.Info(small, "clients", "connected_clients"));
        Assert.Equal(0, server.Stop());
    }

    /// <summary>
    /// A client that reads none of its replies goes, though it sends little; one that sends more stays. (Which is so much smaller that it does not count as
    /// equally large: sizes are compared by doublings.)
    /// </summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public void Replies_that_are_not_read_count(ServerKind kind)
    {
        // More than the kernel keeps for a connection.
        const int Bytes = 200_000, Replies = 80;
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory-clients", "3000000");
        using RespClient control = server.Connect(), middle = server.Connect(), large = server.Connect();
        control.Call("SET", "k", new string('x', Bytes));
        Fill(middle, 200_000);
        large.SendRaw(Enumerable.Repeat(RespClient.Encode("GET", "k"), Replies).SelectMany(bytes => bytes).ToArray());
        WaitForEviction(control);
        Assert.True(large.ReadToEnd().Length < Bytes * Replies);
        AssertOnlyOneWent(control, middle);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>What is queued between MULTI and EXEC counts.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public void Queued_commands_count(ServerKind kind)
    {
        const int Commands = 1000;
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory-clients", "3000000");
        using RespClient control = server.Connect(), middle = server.Connect(), large = server.Connect();
        Fill(middle, 200_000);
        Assert.Equal("OK", large.Call("MULTI").Text);
        int queued = 0;
        try
        {
            while (queued < Commands && large.Call("SET", "k", new string('x', 300_000)).Text == "QUEUED")
                queued++;
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or EndOfStreamException)
        {
            // The connection has been closed: how far it came is looked at below.
            Assert.True(queued > 0);
        }
        Assert.InRange(queued, 2, Commands - 1);
        WaitForEviction(control);
        Assert.Equal("0", control.Call("EXISTS", "k").Text);
        AssertOnlyOneWent(control, middle);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>Messages that a subscriber does not read count.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public void Messages_that_are_not_read_count(ServerKind kind)
    {
        const int Bytes = 100_000;
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory-clients", "3000000", "--client-output-buffer-limit", "pubsub 0 0 0");
        using RespClient control = server.Connect(), middle = server.Connect(), large = server.Connect();
        Fill(middle, 200_000);
        Assert.Equal('*', large.Call("SUBSCRIBE", "channel").Type);
        string message = new('x', Bytes);
        long published = 0, end = Environment.TickCount64 + PatienceMs;
        while (control.Call("PUBLISH", "channel", message).Text == "1")
        {
            published++;
            Assert.True(Environment.TickCount64 < end, "the subscriber does not go");
        }
        Assert.InRange(published, 3_000_000 / Bytes / 2, int.MaxValue);
        WaitForEviction(control);
        Assert.True(large.ReadToEnd().Length < Bytes * published);
        AssertOnlyOneWent(control, middle);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>A client that has asked for it stays, and a smaller one goes in its place.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public void A_client_with_no_evict_stays(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory-clients", "3000000");
        using RespClient control = server.Connect(), large = server.Connect(), middle = server.Connect();
        Assert.Equal("OK", large.Call("CLIENT", "NO-EVICT", "ON").Text);
        Assert.Equal("OK", control.Call("CLIENT", "NO-EVICT", "ON").Text);

        // Whoever asked whether the server has started might not have gone yet, and would have to go here.
        Patience.Until(() => EvictionServer.Info(control, "clients", "connected_clients") == 3, "somebody is there");
        Fill(large, 2_000_000);
        Fill(middle, 1_500_000);
        Assert.True(middle.IsClosedByPeer());
        Assert.Equal(1, EvictionServer.Info(control, "stats", "evicted_clients"));
        Assert.Equal("PONG", control.Call("PING").Text);
        Assert.Equal(0, server.Stop());
    }

    /// <summary>A share of maxmemory, and a limit that is set later.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public void The_limit_may_be_a_share_of_maxmemory(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory", "100mb");
        using RespClient control = server.Connect(), large = server.Connect();
        Fill(large, 3_000_000);
        Assert.Equal("PONG", control.Call("PING").Text);
        Assert.Equal(0, EvictionServer.Info(control, "stats", "evicted_clients"));
        Assert.Equal("OK", control.Call("CONFIG", "SET", "maxmemory-clients", "2%").Text);
        Assert.True(large.IsClosedByPeer());
        Assert.Equal(1, EvictionServer.Info(control, "stats", "evicted_clients"));
        Assert.Equal(0, server.Stop());
    }

    /// <summary>What a client holds shows in CLIENT LIST and INFO, and counts as used memory.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Buffers_of_clients_are_counted(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient control = server.Connect(), large = server.Connect();
        long used = EvictionServer.Used(control), clients = EvictionServer.Info(control, "memory", "mem_clients_normal");
        Fill(large, 2_000_000);
        Patience.Until(() => EvictionServer.Used(control) >= used + 2_000_000, "the request is not counted");
        Patience.Until(() => EvictionServer.Info(control, "memory", "mem_clients_normal") >= clients + 2_000_000, "the request is not its client's");
        Assert.InRange(EvictionServer.Used(control) - used, 2_000_000, 5_000_000);
        Assert.InRange(EvictionServer.Info(control, "memory", "mem_clients_normal") - clients, 2_000_000, 5_000_000);
        long total = control.Call("CLIENT", "LIST").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => long.Parse(line.Split(' ').Single(word => word.StartsWith("tot-mem=", StringComparison.Ordinal)).AsSpan("tot-mem=".Length))).Max();
        Assert.InRange(total, 2_000_000, 5_000_000);
        Assert.Equal(0, server.Stop());
    }

    private static void WaitForEviction(RespClient control)
    {
        Patience.Until(() => EvictionServer.Info(control, "stats", "evicted_clients") != 0, "no client goes");
    }

    private static void AssertOnlyOneWent(RespClient control, RespClient middle)
    {
        // Who is counted may be closed a moment later, by the loop that has it.
        Patience.Until(() => EvictionServer.Info(control, "clients", "connected_clients") <= 2, "the client is not closed");
        Assert.False(middle.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead));
        Assert.Equal(1, EvictionServer.Info(control, "stats", "evicted_clients"));
        Assert.Equal(2, EvictionServer.Info(control, "clients", "connected_clients"));
    }

    /// <summary>Sends a command with a large argument, of which one byte is missing.</summary>
    private static void Fill(RespClient client, int bytes)
    {
        try
        {
            client.SendRaw($"*2\r\n$4\r\nECHO\r\n${bytes + 1}\r\n{new string('x', bytes)}");
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The server may close before all is sent, which is what is waited for.
            Assert.False(client.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectError) && client.Socket.Connected && client.Socket.Available > 0);
        }
        Thread.Sleep(300);
    }
}
