using System.Text;
using FastKv.Tests.Hostile;
using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Eviction;

/// <summary>
/// What waits to be written to the append-only file is not held against maxmemory: each key that is evicted adds to it, so with a disk that does not keep up
/// all keys would go, and then every write be refused. Apart from other tests, whose buffers the process counts as well.
/// </summary>
[Collection(HeavyCollection.Name)]
public sealed class JournalMemoryTests(ITestOutputHelper output)
{
    private const long Limit = 64 << 20;
    private const int ValueBytes = 60_000;

    /// <summary>Half of the limit before the disk stops, twice the limit after.</summary>
    private const int KeysBefore = (int)(Limit / 2 / ValueBytes), KeysAfter = (int)(2 * Limit / ValueBytes);

    /// <summary>More than half of what fits: fragmentation may cost a quarter of the limit, and this process is not the server's alone.</summary>
    private const int KeysMin = (int)(Limit * 5 / 8 / ValueBytes);

    /// <summary>Chunks that are kept when nothing waits, at most.</summary>
    private const long IdleBytesMax = 8 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_disk_that_stands_still_takes_no_keys(int shards)
    {
        using var host = new SlowDiskServer(shards, "appendfsync no", $"maxmemory {Limit}", "maxmemory-policy allkeys-lru");
        using RespClient client = host.Connect();

        // More waits than clients would be allowed to add.
        host.Pressure.BytesMax = host.Pressure.LateUs = long.MaxValue;
        byte[] value = new byte[ValueBytes];
        Set(client, 0, KeysBefore, value);
        host.Files.WriteGate.Reset();
        Set(client, KeysBefore, KeysAfter, value);

        long waiting = EvictionServer.Info(client, "persistence", "aof_buffer_length"), buffers = EvictionServer.Info(client, "memory", "mem_aof_buffer");
        long keys = client.Call("DBSIZE").Integer;
        output.WriteLine($"{keys} keys, {waiting} bytes wait in {buffers}");
        Assert.InRange(keys, KeysMin, Limit / ValueBytes);
        Assert.True(waiting > Limit, "the disk has not stood still");
        Assert.InRange(buffers, waiting, waiting + (shards * IdleBytesMax));
        Assert.Equal(buffers, EvictionServer.Info(client, "memory", "mem_not_counted_for_evict"));
        Assert.True(EvictionServer.Used(client) > buffers, "used memory has the buffers in it");
        var stats = client.Call("MEMORY", "STATS").Items!;
        Assert.Equal(buffers, stats[stats.ToList().FindIndex(item => item.Text == "aof.buffer") + 1].Integer);

        host.Files.WriteGate.Set();
        SlowDiskServer.Await(() => EvictionServer.Info(client, "persistence", "aof_buffer_length") == 0, "the buffers are not written");
        Assert.InRange(EvictionServer.Info(client, "memory", "mem_aof_buffer"), 1, shards * IdleBytesMax);
    }

    private static void Set(RespClient client, int first, int count, byte[] value)
    {
        for (int i = first; i < first + count; i++)
        {
            client.SendRaw(Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n$8\r\nkey:{i:D4}\r\n${value.Length}\r\n"));
            client.SendRaw(value);
            client.SendRaw("\r\n"u8);
            Assert.Equal("OK", client.Read().Text);
        }
    }
}
