using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Eviction;

/// <summary>SET with maxmemory, below it and while it evicts, allocates nothing on the managed heap.</summary>
public sealed class EvictionAllocationTests
{
    /// <summary>Per pipeline: what a client sends ahead counts as well, and would leave no room for keys.</summary>
    private const int Commands = 1000;
    private const int Pipelines = 60;
    private const int Rounds = 120;
    private const long ToleranceBytes = 16 * 1024;

    [Theory]
    [InlineData("allkeys-lru", 1)]
    [InlineData("allkeys-lru", 3)]
    [InlineData("allkeys-lfu", 1)]
    [InlineData("allkeys-random", 3)]
    [InlineData("volatile-ttl", 1)]
    public void Set_allocates_nothing_while_keys_are_evicted(string policy, int shards)
    {
        using var server = ManagedAllocations.Start(shards, "--maxmemory", "8mb", "--maxmemory-policy", policy);
        using RespClient client = server.Connect();
        var random = new Random(1);
        byte[][] rounds = [.. Enumerable.Range(0, Pipelines).Select(round => Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, Commands).Select(i =>
            Encoding.Latin1.GetString(RespClient.Encode("SET", $"key:{(round * Commands) + i}", new string('v', random.Next(10, 600)), "EX", $"{100 + i}"))))))];
        int errors = 0;
        void Load()
        {
            for (int i = 0; i < Rounds; i++)
                errors += client.Pipeline(rounds[i % rounds.Length], Commands).Count(reply => reply.IsError);
        }

        Load();
        long evicted = EvictionServer.Info(client, "stats", "evicted_keys");
        long allocated = ManagedAllocations.While(client, Load);
        Assert.Equal(0, errors);
        Assert.InRange(EvictionServer.Info(client, "stats", "evicted_keys") - evicted, Rounds * Commands / 4, long.MaxValue);
        Assert.True(allocated <= ToleranceBytes, $"{allocated} bytes over {Rounds * Commands} commands");
    }
}
