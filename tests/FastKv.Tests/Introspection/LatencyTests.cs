using System.Text.RegularExpressions;
using FastKv.Tests.Eviction;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>LATENCY beside redis-server: texts, shapes, and what is noted of a command that takes long.</summary>
public sealed partial class LatencyTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private static readonly string[] Quiet =
    [
        "CONFIG SET latency-monitor-threshold 0", "LATENCY RESET", "LATENCY HELP", "LATENCY", "LATENCY NOSUCH", "LATENCY DOCTOR", "LATENCY LATEST",
        "LATENCY HISTORY command", "LATENCY GRAPH command", "LATENCY RESET", "LATENCY RESET command expire-cycle", "LATENCY HISTORY", "LATENCY GRAPH a b",
        "LATENCY LATEST x", "LATENCY HISTOGRAM nosuch", "LATENCY HISTOGRAM zinterstore", "CONFIG SET latency-monitor-threshold 10000", "LATENCY DOCTOR",
        "CONFIG SET latency-monitor-threshold 0",
    ];

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public void Answers_equal_those_of_redis_server(int shards, int protocol)
    {
        using RespClient redis = ServerTriple.Connect(servers.Redis, protocol), fastKv = ServerTriple.Connect(servers.FastKv(shards), protocol);
        Assert.Equal(ServerTriple.Run(redis, Quiet), ServerTriple.Run(fastKv, Quiet));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_takes_long_is_noted(int shards)
    {
        string expected = Noted(servers.Redis), actual = Noted(servers.FastKv(shards));
        Assert.Contains("command: N latency spikes", expected, StringComparison.Ordinal);
        Assert.Equal(expected, actual);
    }

    /// <summary>With a tenacity of 100 one command evicts all that has to go: tens of thousands of keys, so more than a millisecond's work.</summary>
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Making_room_for_long_is_noted(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind, "--maxmemory-policy", "allkeys-random", "--maxmemory-eviction-tenacity", "100", "--latency-monitor-threshold", "1");
        using RespClient client = server.Connect();
        EvictionServer.Set(client, Enumerable.Range(0, 60_000).Select(i => ($"key:{i}", new string('v', 200), 0L)));
        client.Call("LATENCY", "RESET");
        EvictionServer.Squeeze(client, 0.7);
        client.Call("SET", "a", "b");
        Assert.Contains("eviction-cycle", client.Call("LATENCY", "LATEST").Items!.Select(item => item.Items![0].Text));
        Assert.Contains("trying to evict keys. \n", client.Call("LATENCY", "DOCTOR").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Histograms_count_calls_up_to_powers_of_two(int shards)
    {
        using RespClient client = ServerTriple.Connect(servers.FastKv(shards), 3);
        client.Call("CONFIG", "RESETSTAT");
        for (int i = 0; i < 10; i++)
            client.Call("SETNX", "k" + i, "v");
        client.Call("CONFIG", "GET", "port");
        var map = client.Call("LATENCY", "HISTOGRAM", "setnx", "config", "nosuch");
        Assert.Equal(["setnx", "config|get"], map.Items!.Where((_, i) => i % 2 == 0).Select(name => name.Text).Where(name => name != "config|resetstat"));
        Assert.Equal('%', map.Type);
        var entry = map.Items![1].Items!;
        Assert.Equal("calls", entry[0].Text);
        Assert.Equal(10, entry[1].Integer);
        Assert.Equal("histogram_usec", entry[2].Text);
        long[] edges = entry[3].Items!.Where((_, i) => i % 2 == 0).Select(edge => edge.Integer).ToArray();
        long[] counts = entry[3].Items!.Where((_, i) => i % 2 == 1).Select(count => count.Integer).ToArray();
        Assert.Equal(10, counts[^1]);
        Assert.Equal(counts.Distinct().Order(), counts);
        long[] possible = [1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633, 135266, 270532, 541065, 1082130];
        Assert.Empty(edges.Except(possible));
        Assert.Contains("set", client.Call("LATENCY", "HISTOGRAM").Items!.Select(name => name.Text[..Math.Min(3, name.Text.Length)]));
    }

    /// <summary>Not all calls of a short command are timed, but all count.</summary>
    [Theory]
    [InlineData(1, 1000)]
    [InlineData(3, 1000)]
    [InlineData(1, 12_345)]
    [InlineData(3, 12_345)]
    public void Histograms_have_as_many_calls_as_were_made(int shards, int calls)
    {
        using RespClient client = ServerTriple.Connect(servers.FastKv(shards), 3);
        client.Call("CONFIG", "RESETSTAT");
        client.Pipeline(Enumerable.Range(0, calls).SelectMany(i => RespClient.Encode("SETNX", "many:" + i, "v")).ToArray(), calls);
        Assert.Contains($"cmdstat_setnx:calls={calls},", client.Call("INFO", "commandstats").Text, StringComparison.Ordinal);
        var entry = client.Call("LATENCY", "HISTOGRAM", "setnx").Items![1].Items!;
        Assert.Equal(calls, entry[1].Integer);
        Assert.Equal(calls, entry[3].Items![^1].Integer);
    }

    private static string Noted(ServerProcess server)
    {
        using RespClient client = server.Connect();
        string text = "";
        Patience.Until(
            () =>
            {
                client.Call("CONFIG", "SET", "latency-monitor-threshold", "500");
                client.Call("LATENCY", "RESET");
                client.Call("DEBUG", "SLEEP", "0.6");
                text = ServerTriple.Run(client, "LATENCY LATEST", "LATENCY HISTORY command", "LATENCY DOCTOR")
                    + client.Call("LATENCY", "GRAPH", "command").Text;

                // A machine that stands still makes events of its own, which are none of this test's.
                bool isAlone = client.Call("LATENCY", "LATEST").Items!.Length == 1 && client.Call("LATENCY", "HISTORY", "command").Items!.Length == 1;
                client.Call("CONFIG", "SET", "latency-monitor-threshold", "0");
                text += ServerTriple.Run(client, "LATENCY RESET nosuch command", "LATENCY LATEST");
                return isAlone;
            },
            () => text);
        return Numbers().Replace(text, "N");
    }

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Numbers();
}
