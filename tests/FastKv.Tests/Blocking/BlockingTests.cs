using System.Collections.Concurrent;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Blocking;

/// <summary>What concerns one blocked client at a time, and what many of them must never do: lose an element, or get it twice.</summary>
public sealed class BlockingTests
{
    public static TheoryData<int> Shards => new(1, 3);

    [Theory]
    [MemberData(nameof(Shards))]
    public void A_timeout_ends_the_wait(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        string[][] commands =
        [
            ["BLPOP", "a", "b", "c", "0.05"], ["BRPOP", "a", "0.01"], ["BLMOVE", "a", "b", "LEFT", "LEFT", "0.02"], ["BRPOPLPUSH", "a", "c", "0.03"],
            ["BZPOPMIN", "a", "b", "0.02"], ["BLMPOP", "0.01", "2", "a", "b", "LEFT"], ["BZMPOP", "0.01", "1", "a", "MAX"],
            ["XREAD", "BLOCK", "15", "STREAMS", "a", "b", "$", "$"],
        ];
        for (int round = 0; round < 30; round++)
        {
            foreach (string[] command in commands)
                Assert.True(client.Call(command).IsNull, command[0]);
        }
        Assert.Equal("PONG", client.Call("PING").Text);
        Assert.Equal(0, server.Stop());
    }

    [Theory]
    [MemberData(nameof(Shards))]
    public void What_is_pipelined_behind_a_blocked_command_waits(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        using RespClient other = server.Connect();
        client.SendRaw([.. RespClient.Encode("SET", "x", "1"), .. RespClient.Encode("BLPOP", "a", "b", "0"), .. RespClient.Encode("INCR", "x"),
            .. RespClient.Encode("BLPOP", "c", "0"), .. RespClient.Encode("INCR", "x"), .. RespClient.Encode("INCR", "y")]);
        Assert.Equal("OK", client.Read().Text);
        client.SendRaw(RespClient.Encode("GET", "x"));
        Thread.Sleep(50);
        Assert.Equal("1", other.Call("GET", "x").Text);
        other.Call("RPUSH", "b", "1");
        Assert.Equal("b", client.Read().Items![0].Text);
        Assert.Equal(2, client.Read().Integer);
        Assert.Equal("2", other.Call("GET", "x").Text);
        other.Call("RPUSH", "c", "2");
        Assert.Equal("2", client.Read().Items![1].Text);
        Assert.Equal(3, client.Read().Integer);
        Assert.Equal(1, client.Read().Integer);
        Assert.Equal("3", client.Read().Text);
        Assert.Equal(0, server.Stop());
    }

    [Theory]
    [MemberData(nameof(Shards))]
    public void A_client_that_has_gone_gets_nothing(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient other = server.Connect();
        long before = Field(other, "stats", "total_connections_received");
        for (int i = 0; i < 200; i++)
        {
            RespClient gone = server.Connect();
            gone.Send("BLPOP", "k" + i, "other" + i, "0");
            if (i % 2 == 0)
                Thread.Sleep(2);
            gone.Dispose();
        }

        // "Nobody is blocked" alone would also be true while the last of them have not been accepted yet.
        Patience.Until(
            () => Field(other, "stats", "total_connections_received") == before + 200 && Field(other, "clients", "connected_clients") == 1,
            () => other.Call("INFO", "clients").Text);
        Assert.Equal(0, Field(other, "clients", "blocked_clients"));
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(1, other.Call("RPUSH", "k" + i, "v").Integer);
            Assert.Equal(1, other.Call("LLEN", "k" + i).Integer);
        }
        Assert.Equal(0, server.Stop());
    }

    [Theory]
    [MemberData(nameof(Shards))]
    public void The_server_ends_with_clients_blocked(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient other = server.Connect();
        var clients = Enumerable.Range(0, 20).Select(_ => server.Connect()).ToArray();
        foreach (var (client, i) in clients.Select((client, i) => (client, i)))
            client.Send(i % 2 == 0 ? ["BLPOP", "a", "b", "c", "0"] : ["BLMOVE", "a", "b", "LEFT", "LEFT", "100"]);
        WaitForBlocked(other, 20);
        Assert.Contains("flags=b", other.Call("CLIENT", "LIST").Text);
        Assert.Equal(0, server.Stop());
        foreach (RespClient client in clients)
            client.Dispose();
    }

    /// <summary>Producers push numbered elements to lists on all shards, others move them on, consumers take them; some consumers are killed while blocked.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void No_element_is_lost_or_served_twice(int shards)
    {
        const int Producers = 3, Movers = 3, Consumers = 4, PerProducer = 1500;
        using var server = new FastKvProcess(shards);
        var taken = new ConcurrentBag<string>();
        string[] sources = ["s1", "s2", "s3", "s4", "s5"], targets = ["t1", "t2", "t3", "t4"];
        var threads = new List<Thread>();
        for (int p = 0; p < Producers; p++)
        {
            int producer = p;
            threads.Add(new Thread(() =>
            {
                using RespClient client = server.Connect();
                var random = new Random(producer);
                for (int i = 0; i < PerProducer; i++)
                    client.Call(random.Next(2) == 0 ? "LPUSH" : "RPUSH", sources[random.Next(sources.Length)], $"{producer}:{i}");
            }));
        }
        for (int m = 0; m < Movers; m++)
        {
            int mover = m;
            threads.Add(new Thread(() =>
            {
                using RespClient client = server.Connect();
                var random = new Random(100 + mover);
                while (taken.Count < Producers * PerProducer)
                    client.Call("BLMOVE", sources[random.Next(sources.Length)], targets[random.Next(targets.Length)], "LEFT", "RIGHT", "0.02");
            }));
        }
        for (int c = 0; c < Consumers; c++)
        {
            threads.Add(new Thread(() =>
            {
                using RespClient client = server.Connect();
                while (taken.Count < Producers * PerProducer)
                {
                    RespFrame reply = client.Call(["BLPOP", .. targets, "0.05"]);
                    if (!reply.IsNull)
                        taken.Add(reply.Items![1].Text);
                }
            }));
        }
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromSeconds(300)), "a client hangs");
        Assert.Equal(Producers * PerProducer, taken.Distinct().Count());
        Assert.Equal(Producers * PerProducer, taken.Count);
        Assert.Equal(0, server.Stop());
    }

    private static void WaitForBlocked(RespClient client, int count) =>
        Patience.Until(() => Field(client, "clients", "blocked_clients") == count, () => client.Call("INFO", "clients").Text);

    private static long Field(RespClient client, string section, string name)
    {
        string line = client.Call("INFO", section).Text.Split("\r\n").Single(text => text.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length + 1));
    }
}
