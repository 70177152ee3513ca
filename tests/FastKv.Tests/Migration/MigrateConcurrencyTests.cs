using System.Net.Sockets;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Migration;

/// <summary>MIGRATE does not keep the server, only those who want the keys that are on their way; and nothing that was acknowledged is lost.</summary>
public sealed class MigrateConcurrencyTests(ITestOutputHelper output)
{
    private const int MovesMin = 20;
    private long _moved;

    /// <summary>Clients count while the counters are moved away and taken there: what was acknowledged is what was taken and what is left.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1, ServerKind.FastKv3)]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv3)]
    [InlineData(ServerKind.FastKv3, ServerKind.Redis)]
    public async Task No_acknowledged_write_is_lost(ServerKind firstKind, ServerKind secondKind)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        using var first = ServerProcess.Start(firstKind);
        using var second = ServerProcess.Start(secondKind);
        using var end = new CancellationTokenSource();
        var counts = Enumerable.Range(0, 8).Select(n => Task.Factory.StartNew(
            () => Counting.Run(first, new Random(seed + n), n / 2, end.Token), TaskCreationOptions.LongRunning)).ToArray();
        var moves = Task.Factory.StartNew(() => Move(first, second, new Random(seed - 1), end.Token), TaskCreationOptions.LongRunning);
        await Task.Delay(5000);
        Patience.Until(() => Interlocked.Read(ref _moved) > MovesMin || moves.IsCompleted, "hardly any key moves");
        await end.CancelAsync();
        long acknowledged = (await Task.WhenAll(counts)).Sum();
        var (moved, taken) = await moves;
        output.WriteLine($"{acknowledged} increments, {moved} moves");
        Assert.True(moved > MovesMin, $"{moved} moves");
        Assert.Equal(acknowledged, taken + Sum(first) + Sum(second));
    }

    /// <summary>Moves counters, and takes them from where they have come to.</summary>
    private (long Moved, long Taken) Move(ServerProcess from, ServerProcess to, Random random, CancellationToken end)
    {
        using var source = from.Connect();
        using var target = to.Connect();
        long taken = 0;
        while (!end.IsCancellationRequested)
        {
            string[] keys = random.Next(3) switch
            {
                0 => [Counting.Counter(random)],
                1 => [Counting.List(random)],
                _ => [Counting.Counter(random), Counting.Counter(random), Counting.List(random)],
            };
            var reply = source.Call(["MIGRATE", "127.0.0.1", to.Port.ToString(), "", "0", "10000", "KEYS", .. keys.Distinct()]);
            Assert.False(reply.IsError, reply.Text);
            if (reply.Text == "OK")
                Interlocked.Increment(ref _moved);
            foreach (string key in keys.Distinct())
            {
                if (key.StartsWith('c'))
                {
                    var value = target.Call("GETDEL", key);
                    taken += value.IsNull ? 0 : value.Integer;
                }
                else
                {
                    taken += target.Call("LLEN", key).Integer;
                    target.Call("DEL", key);
                }
            }
        }
        return (_moved, taken);
    }

    private static long Sum(ServerProcess server)
    {
        using var client = server.Connect();
        long sum = 0;
        for (int i = 0; i < Counting.Counters; i++)
        {
            var value = client.Call("GET", $"counter{i}");
            sum += value.IsNull ? 0 : value.Integer;
        }
        for (int i = 0; i < 3; i++)
            sum += client.Call("LLEN", $"list{i}").Integer;
        return sum;
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_target_that_hangs_keeps_only_those_who_want_the_key(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var mute = new SilentTarget();
        using var mover = server.Connect();
        using var other = server.Connect();
        other.Call("SET", "k", "1");
        for (int i = 0; i < 30; i++)
            other.Call("SET", $"o{i}", "1");
        mover.Send("MIGRATE", "127.0.0.1", mute.Port, "", "0", "12000", "KEYS", "k", "o0");
        mute.WaitForConnection();

        // Ways to the key: alone, behind others in a pipeline, among others, in a transaction, by the server's own serving of a blocked client.
        var waiting = new List<RespClient>();
        void Send(params string[][] commands)
        {
            var client = server.Connect();
            client.SendRaw([.. commands.SelectMany(RespClient.Encode)]);
            waiting.Add(client);
        }
        Send(["INCR", "k"]);
        Send(["SET", "o7", "2"], ["SET", "o8", "2"], ["SET", "o9", "2"], ["INCR", "k"], ["SET", "o7", "3"]);
        Send(["MSET", "o10", "5", "k", "7", "o11", "5"]);
        Send(["MULTI"], ["INCR", "o1"], ["INCR", "k"], ["EXEC"]);
        Send(["DEL", "k", "o13"]);
        Send(["SWAPDB", "0", "1"]);
        Send(["SWAPDB", "0", "1"]);
        for (int i = 1; i < 30; i++)
        {
            Assert.Equal("PONG", other.Call("PING").Text);
            Assert.False(other.Call("SET", $"n{i}", "1").IsError);
            Assert.False(other.Call("MGET", $"n{i}", $"o{i}", "n3").IsError);
            Assert.Equal("n1", other.Call("MULTI").Text == "OK" ? "n1" : "");
            other.Call("INCR", $"n{i}");
            Assert.Equal("2", other.Call("EXEC").Items![0].Text);
        }
        Assert.Equal(0, mover.Socket.Available);
        foreach (var client in waiting)
            Assert.False(client.Socket.Poll(0, SelectMode.SelectRead) && client.Socket.Available > 2000);
        Assert.Equal("IOERR error or timeout reading to target instance", mover.Read().Text);
        Assert.False(waiting[0].Read().IsError);
        for (int i = 0; i < 5; i++)
            Assert.False(waiting[1].Read().IsError);
        Assert.Equal("OK", waiting[2].Read().Text);
        for (int i = 0; i < 3; i++)
            waiting[3].Read();
        Assert.Equal(2, waiting[3].Read().Items!.Length);
        Assert.False(waiting[4].Read().IsError);
        Assert.Equal("OK", waiting[5].Read().Text);
        Assert.Equal("OK", waiting[6].Read().Text);
        Assert.Equal("OK", other.Call("SET", "k", "9").Text);
        foreach (var client in waiting)
            client.Dispose();
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_command_on_the_key_waits(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var mute = new SilentTarget();
        using var mover = server.Connect();
        using var reader = server.Connect();
        using var killer = server.Connect();
        mover.Call("SET", "k", "1");
        string id = mover.Call("CLIENT", "ID").Text;
        mover.Send("MIGRATE", "127.0.0.1", mute.Port, "k", "0", "60000");
        mute.WaitForConnection();
        reader.Send("GET", "k");
        Thread.Sleep(100);
        Assert.Equal(0, reader.Socket.Available);

        // Neither a timeout nor UNBLOCK ends it; its client's end does, and the key is free.
        Assert.Equal("0", killer.Call("CLIENT", "UNBLOCK", id).Text);
        Assert.Equal("1", killer.Call("CLIENT", "KILL", "ID", id).Text);
        Assert.Equal("1", reader.Read().Text);
        Assert.Equal("OK", killer.Call("SET", "k", "2").Text);
    }

    /// <summary>A command on the key whose first half has come before, wherever it is cut.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_command_in_two_pieces_waits(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var mute = new SilentTarget();
        using var mover = server.Connect();
        mover.Call("SET", "k", "1");
        byte[] bytes = [.. RespClient.Encode("PING"), .. RespClient.Encode("APPEND", "k", "xy"), .. RespClient.Encode("PING")];
        int[] cuts = [15, 16, 17, 18, 25, 31, 33, 38, 43, 44];
        var clients = cuts.Select(_ => server.Connect()).ToArray();
        for (int i = 0; i < cuts.Length; i++)
        {
            clients[i].SendRaw(bytes.AsSpan(0, cuts[i]));
            Assert.Equal("PONG", clients[i].Read().Text);
        }
        mover.Send("MIGRATE", "127.0.0.1", mute.Port, "k", "0", "700");
        mute.WaitForConnection();
        for (int i = 0; i < cuts.Length; i++)
            clients[i].SendRaw(bytes.AsSpan(cuts[i]));
        Assert.True(mover.Read().IsError);
        var lengths = new List<long>();
        foreach (RespClient client in clients)
        {
            lengths.Add(client.Read().Integer);
            Assert.Equal("PONG", client.Read().Text);
            client.Dispose();
        }
        Assert.Equal(cuts.Select((_, i) => 3L + (2 * i)), lengths.Order());
        Assert.Equal("1" + string.Concat(cuts.Select(_ => "xy")), mover.Call("GET", "k").Text);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_blocked_client_is_served_when_its_destination_is_free(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var mute = new SilentTarget();
        using var mover = server.Connect();
        using var pusher = server.Connect();
        for (int pair = 0; pair < 4; pair++)
        {
            using var blocked = server.Connect();
            pusher.Call("DEL", "to", $"from{pair}");
            pusher.Call("RPUSH", "to", "first");
            blocked.Send("BLMOVE", $"from{pair}", "to", "LEFT", "RIGHT", "0");
            WaitFor(() => pusher.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal));
            int before = mute.Count;
            mover.Send("MIGRATE", "127.0.0.1", mute.Port, "to", "0", "500");
            WaitFor(() => mute.Count > before);
            Assert.Equal("1", pusher.Call("RPUSH", $"from{pair}", "second").Text);
            Assert.True(mover.Read().IsError);
            Assert.Equal("second", blocked.Read().Text);
            Assert.Equal("2", pusher.Call("LLEN", "to").Text);
        }
    }

    /// <summary>The end of the server comes while keys are on their way and others wait for them: it ends, and its debug heap finds nothing left.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1, false)]
    [InlineData(ServerKind.FastKv3, false)]
    [InlineData(ServerKind.FastKv1, true)]
    [InlineData(ServerKind.FastKv3, true)]
    public void The_server_ends_meanwhile(ServerKind kind, bool closesClients)
    {
        using var mute = new SilentTarget();
        using var server = ServerProcess.Start(kind);
        var clients = new List<RespClient>();
        for (int i = 0; i < 4; i++)
        {
            clients.Add(server.Connect());
            clients[^1].Call("SET", $"k{i}", new string('x', 10_000));
            clients[^1].Send("MIGRATE", "127.0.0.1", mute.Port, $"k{i}", "0", "60000");
            clients.Add(server.Connect());
            clients[^1].SendRaw([.. RespClient.Encode("SET", "z", "1"), .. RespClient.Encode("GET", $"k{i}"), .. RespClient.Encode("MGET", "z", $"k{i}")]);
        }
        WaitFor(() => mute.Count == 4);
        if (closesClients)
            clients.ForEach(client => client.Dispose());
        server.Stop();
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>The target acknowledges some, and goes: those are deleted, the others kept.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    [InlineData(ServerKind.Redis)]
    public void What_was_acknowledged_is_deleted(ServerKind kind)
    {
        using var target = new SilentTarget(socket =>
        {
            socket.Receive(new byte[65536]);
            socket.Send("+OK\r\n+OK\r\n-BUSYKEY is there\r\n"u8);
            Thread.Sleep(100);
            if (kind != ServerKind.Redis)
            {
                socket.Receive(new byte[65536]);
                Thread.Sleep(100);
            }
            socket.Close();
        });
        using var server = ServerProcess.Start(kind);
        using var client = server.Connect();
        client.Call("MSET", "a", "1", "b", "2", "c", "3");
        var reply = client.Call("MIGRATE", "127.0.0.1", target.Port, "", "0", "30000", "KEYS", "a", "b", "c");
        Assert.Equal("ERR Target instance replied with error: BUSYKEY is there", reply.Text);
        Assert.Equal("2", client.Call("DBSIZE").Text);
        Assert.Equal("0", client.Call("EXISTS", "a").Text);
    }

    private static void WaitFor(Func<bool> condition) => Patience.Until(condition, "it does not happen");
}
