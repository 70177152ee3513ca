using FastKv.Engine.Monitoring;
using FastKv.Tests.Eviction;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>What a slow disk does to the append-only file is told by LATENCY under Redis's names, and not when nothing is to be noted.</summary>
public sealed class AofLatencyTests
{
    // Far above what a busy machine does to a write that is not slow.
    private const int SlowMs = 600;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_slow_fsync_is_noted_with_always(int shards)
    {
        using var host = new SlowDiskServer(shards, "appendfsync always");
        using RespClient client = host.Connect();
        host.Files.SyncMs = SlowMs;
        Assert.Equal("OK", client.Call("SET", "k", "unnoted").Text);
        Assert.Empty(client.Call("LATENCY", "LATEST").Items!);
        NoteFrom(client, SlowMs / 2);
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);

        // The reply waits for the fsync, and what is noted is noted before that is announced.
        Assert.Equal(LatencyMonitor.AofSync, Events(client).First());
        string advice = client.Call("LATENCY", "DOCTOR").Text;
        Assert.Matches(@"\d\. aof-fsync-always: 1 latency spikes", advice);
        Assert.Contains("try to relax the fsync policy to 'onesec'", advice, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendfsync", "everysec").Text);
        Assert.DoesNotContain("relax", client.Call("LATENCY", "DOCTOR").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_write_is_noted()
    {
        using var host = new SlowDiskServer(1, "appendfsync no");
        using RespClient client = host.Connect();
        NoteFrom(client, SlowMs / 2);
        host.Files.WriteMs = SlowMs;
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);
        SlowDiskServer.Await(() => Events(client).Contains(LatencyMonitor.AofWrite), "the write is not noted");
        Assert.Equal([LatencyMonitor.AofWrite, LatencyMonitor.AofWriteAlone], Events(client));
        Assert.Contains("use local disks for persistence", client.Call("LATENCY", "DOCTOR").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_write_beside_a_fsync_is_noted_as_that_and_delays_are_counted_until_they_are_reset()
    {
        using var host = new SlowDiskServer(1, "appendfsync everysec");
        using RespClient client = host.Connect();
        long lateUs = host.Pressure.LateUs;
        host.Pressure.LateUs = long.MaxValue;
        host.Files.SyncGate.Reset();
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);
        SlowDiskServer.Await(() => host.Files.IsSyncHeld, "no fsync begins");
        Assert.Equal(1, EvictionServer.Info(client, "persistence", "aof_pending_bio_fsync"));
        NoteFrom(client, SlowMs / 2);
        host.Files.WriteMs = SlowMs;
        Assert.Equal("OK", client.Call("SET", "k", "w").Text);
        SlowDiskServer.Await(() => Events(client).Contains(LatencyMonitor.AofWrite), "the write is not noted");
        Assert.Equal([LatencyMonitor.AofWrite, LatencyMonitor.AofWriteDuringSync], Events(client));
        Assert.Contains("lower the disk contention", client.Call("LATENCY", "DOCTOR").Text, StringComparison.Ordinal);
        host.Pressure.LateUs = lateUs;
        SlowDiskServer.Await(() => EvictionServer.Info(client, "persistence", "aof_delayed_fsync") == 1, "the delay is not counted");
        Assert.Equal("OK", client.Call("CONFIG", "RESETSTAT").Text);
        Assert.Equal(0, EvictionServer.Info(client, "persistence", "aof_delayed_fsync"));
    }

    [Fact]
    public void A_slow_write_beside_a_snapshot_is_noted_as_that()
    {
        using var host = new SlowDiskServer(1, "appendfsync no");
        using RespClient client = host.Connect();
        host.Files.SyncGate.Reset();
        client.Call("BGSAVE");
        SlowDiskServer.Await(() => EvictionServer.Info(client, "persistence", "rdb_bgsave_in_progress") == 1, "no save begins");
        NoteFrom(client, SlowMs / 2);
        host.Files.WriteMs = SlowMs;
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);
        SlowDiskServer.Await(() => Events(client).Contains(LatencyMonitor.AofWrite), "the write is not noted");
        Assert.Equal([LatencyMonitor.AofWrite, LatencyMonitor.AofWriteDuringSave], Events(client));
        Assert.Contains("'no-appendfsync-on-rewrite' option", client.Call("LATENCY", "DOCTOR").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_rename_at_the_end_of_a_rewrite_is_noted()
    {
        using var host = new SlowDiskServer(3, "appendfsync no");
        using RespClient client = host.Connect();
        NoteFrom(client, SlowMs / 2);
        host.Files.RenameMs = SlowMs;
        client.Call("BGREWRITEAOF");
        SlowDiskServer.Await(() => Events(client).Contains(LatencyMonitor.AofRename), "the rename is not noted");
        Assert.Contains("the AOF atomic rename operation", client.Call("LATENCY", "DOCTOR").Text, StringComparison.Ordinal);
    }

    /// <summary>The temporary file of a save in the background that was given up, or failed: that it took long to delete it is noted.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_slow_deletion_of_a_snapshot_is_noted(bool isGivenUp)
    {
        using var host = new SlowDiskServer(1, "appendfsync no");
        using RespClient client = host.Connect();
        client.Call("SET", "k", "v");
        client.Call("CONFIG", "SET", "appendonly", "no");
        NoteFrom(client, SlowMs / 2);
        host.Files.DeleteMs = SlowMs;
        host.Files.WriteGate.Reset();
        host.Files.WriteError = isGivenUp ? 0 : Engine.Persistence.Files.FileErrors.IoError;

        // One that succeeds deletes nothing, and one in the foreground is nobody's child: Redis tells of neither.
        client.Call("BGSAVE");
        if (isGivenUp)
            client.Call("FLUSHALL");
        host.Files.WriteGate.Set();
        SlowDiskServer.Await(() => EvictionServer.Info(client, "persistence", "rdb_bgsave_in_progress") == 0, "the save does not end");
        Assert.Contains(LatencyMonitor.SnapshotUnlink, AllEvents(client));
        string advice = client.Call("LATENCY", "DOCTOR").Text;
        Assert.Contains("use local disks for persistence", advice, StringComparison.Ordinal);
        Assert.Contains("lower the disk contention", advice, StringComparison.Ordinal);

        client.Call("LATENCY", "RESET");
        Assert.Equal(isGivenUp ? "OK" : "ERR", client.Call("SAVE").Text);
        host.Files.WriteError = 0;
        client.Call("BGSAVE");
        SlowDiskServer.Await(() => EvictionServer.Info(client, "persistence", "rdb_bgsave_in_progress") == 0, "the save does not end");
        Assert.DoesNotContain(LatencyMonitor.SnapshotUnlink, AllEvents(client));
    }

    private static void NoteFrom(RespClient client, int milliseconds)
    {
        client.Call("CONFIG", "SET", "latency-monitor-threshold", milliseconds.ToString());
        client.Call("LATENCY", "RESET");
    }

    /// <summary>What was noted of the append-only file; a loaded machine may delay anything else.</summary>
    private static string[] Events(RespClient client) => [.. AllEvents(client).Where(name => name.StartsWith("aof", StringComparison.Ordinal))];

    private static string[] AllEvents(RespClient client) => [.. client.Call("LATENCY", "LATEST").Items!.Select(item => item.Items![0].Text)];
}
