using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Eviction;

/// <summary>maxmemory-clients: the largest client goes, as in redis-server.</summary>
public sealed class ClientEvictionTests
{
    public static TheoryData<ServerKind> Servers => new(ServerKind.Redis, ServerKind.FastKv1, ServerKind.FastKv3);

    /// <summary>A command that does not end fills its client's buffer; so do replies that are not read, and what MULTI queues.</summary>
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

    /// <summary>A client that has asked for it stays, and a smaller one goes in its place.</summary>
    [Theory]
    [MemberData(nameof(Servers))]
    public void A_client_with_no_evict_stays(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory-clients", "3000000");
        using RespClient control = server.Connect(), large = server.Connect(), middle = server.Connect();
        Assert.Equal("OK", large.Call("CLIENT", "NO-EVICT", "ON").Text);
        Assert.Equal("OK", control.Call("CLIENT", "NO-EVICT", "ON").Text);
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
        for (int i = 0; i < 500 && EvictionServer.Used(control) < used + 2_000_000; i++)
            Thread.Sleep(10);
        Assert.InRange(EvictionServer.Used(control) - used, 2_000_000, 5_000_000);
        Assert.InRange(EvictionServer.Info(control, "memory", "mem_clients_normal") - clients, 2_000_000, 5_000_000);
        long total = control.Call("CLIENT", "LIST").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => long.Parse(line.Split(' ').Single(word => word.StartsWith("tot-mem=", StringComparison.Ordinal)).AsSpan("tot-mem=".Length))).Max();
        Assert.InRange(total, 2_000_000, 5_000_000);
        Assert.Equal(0, server.Stop());
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
