using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Eviction;

/// <summary>SET with maxmemory, below it and while it evicts, allocates nothing on the managed heap.</summary>
public sealed class EvictionAllocationTests
{
    private const int Commands = 20_000;
    private const int Rounds = 10;
    private const long ToleranceBytes = 16 * 1024;

    [Theory]
    [InlineData("allkeys-lru", 1)]
    [InlineData("allkeys-lru", 3)]
    [InlineData("allkeys-lfu", 1)]
    [InlineData("allkeys-random", 3)]
    [InlineData("volatile-ttl", 1)]
    public void Set_allocates_nothing_while_keys_are_evicted(string policy, int shards)
    {
        using var server = new FastKvProcess(shards, "--debug-heap", "no", "--maxmemory", "8mb", "--maxmemory-policy", policy);
        using RespClient client = server.Connect();
        var random = new Random(1);
        byte[][] rounds = [.. Enumerable.Range(0, 4).Select(round => Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, Commands).Select(i =>
            Encoding.Latin1.GetString(RespClient.Encode("SET", $"key:{(round * Commands) + i}", new string('v', random.Next(10, 600)), "EX", $"{100 + i}"))))))];
        for (int i = 0; i < Rounds; i++)
            client.Pipeline(rounds[i % rounds.Length], Commands);
        long noise = Allocated(client);
        noise = Allocated(client) - noise;
        long before = Allocated(client), evicted = EvictionServer.Info(client, "stats", "evicted_keys");
        for (int i = 0; i < Rounds; i++)
            client.Pipeline(rounds[i % rounds.Length], Commands);
        long allocated = Allocated(client) - before - noise;
        Assert.True(EvictionServer.Info(client, "stats", "evicted_keys") - evicted > Rounds * Commands / 4);
        Assert.True(allocated <= ToleranceBytes, $"{allocated} bytes over {Rounds * Commands} commands");
    }

    private static long Allocated(RespClient client) => EvictionServer.Info(client, "runtime", "gc_allocated_bytes");
}
