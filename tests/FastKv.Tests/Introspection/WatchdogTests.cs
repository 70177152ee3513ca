using FastKv.Tests.Clients;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>The stall watchdog names what made a turn long; redis-cli finds the hot keys that LFU counts.</summary>
public sealed class WatchdogTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_long_turn_is_logged_with_its_command(int shards)
    {
        using var server = new FastKvProcess(shards);
        using RespClient client = server.Connect();
        client.Call("DEBUG", "SLEEP", "0.06");
        client.Call("PING");

        // The log comes through a pipe.
        Patience.Until(() => server.Log.Contains("of them in debug", StringComparison.Ordinal), () => server.Log);
        Assert.Matches(@"Shard \d spent \d+ ms in one turn, \d+ of them in debug", server.Log);
        Assert.Contains("stalls=", client.Call("INFO", "runtime").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Hot_keys_are_found(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--maxmemory-policy", "allkeys-lfu", "--lfu-log-factor", "0");
        using RespClient client = server.Connect();
        for (int i = 0; i < 200; i++)
            client.Call("SET", "cold:" + i, "v");
        client.Call("SET", "hot", "v");
        for (int i = 0; i < 100; i++)
            client.Call("GET", "hot");
        string found = Script.Run("redis-cli", ["-p", server.Port.ToString(), "--hotkeys"]);
        Assert.Matches("hot key found with counter: \\d+\tkeyname: \"hot\"", found.Split("summary")[1]);
        Assert.Contains("Sampled 201 keys", found, StringComparison.Ordinal);
    }
}
