using FastKv.Engine.Persistence.Snapshots;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>The memory through which snapshots go is the same from one to the next, and bounded.</summary>
public sealed class SnapshotChunkTests
{
    private const int ValueBytes = 4000;
    private const int Keys = 4000;

    [Fact]
    public void The_last_one_given_back_goes_out_first()
    {
        using var chunks = new SnapshotChunks();
        SnapshotChunk one = chunks.Take(), other = chunks.Take();
        one.Database = 3;
        one.Continues = one.IsLast = true;
        one.Bytes.Length = 10;
        chunks.Return(other);
        chunks.Return(one);
        Assert.Same(one, chunks.Take());
        Assert.True(one is { Database: -1, Continues: false, IsLast: false, Bytes.Length: 0 });
        Assert.Same(other, chunks.Take());
        Assert.Equal(2, chunks.MadeTotal);
        chunks.Return(one);
        chunks.Return(other);
    }

    [Fact]
    public void No_more_are_kept_than_may_wait_and_none_that_is_large_or_small()
    {
        using var chunks = new SnapshotChunks();
        SnapshotChunk[] many = [.. Enumerable.Range(0, 1000).Select(_ => chunks.Take())];
        many[0].Bytes.EnsureFree(1 << 20);
        var small = new SnapshotChunk();
        small.Bytes.EnsureFree(1);
        foreach (SnapshotChunk chunk in many.Append(small))
            chunks.Return(chunk);
        int kept = many.Append(small).Count(chunk => chunk.Bytes.AllocatedBytes > 0);
        Assert.InRange(kept, SnapshotQueue.WaitingBytesMax / SnapshotChunks.FullBytes, (SnapshotQueue.WaitingBytesMax / SnapshotChunks.FullBytes) + 8);
        Assert.Equal(0, many[0].Bytes.AllocatedBytes);
        Assert.Equal(0, small.Bytes.AllocatedBytes);
    }

    [Fact]
    public void One_takes_while_others_give_back()
    {
        const int rounds = 200_000;
        using var chunks = new SnapshotChunks();
        int shared = 0;
        var under = new System.Collections.Concurrent.BlockingCollection<SnapshotChunk>(boundedCapacity: 16);
        Thread[] returning = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            foreach (SnapshotChunk chunk in under.GetConsumingEnumerable())
            {
                // Whoever has it next finds it empty, and has it alone.
                if (Interlocked.Exchange(ref chunk.Database, 7) != 1)
                    Interlocked.Increment(ref shared);
                chunks.Return(chunk);
            }
        }))];
        foreach (Thread thread in returning)
            thread.Start();
        for (int i = 0; i < rounds; i++)
        {
            SnapshotChunk chunk = chunks.Take();
            if (Interlocked.Exchange(ref chunk.Database, 1) != -1)
                Interlocked.Increment(ref shared);
            under.Add(chunk);
        }
        under.CompleteAdding();
        foreach (Thread thread in returning)
            thread.Join();
        Assert.Equal(0, shared);
        Assert.InRange(chunks.MadeTotal, 1, 16 + 3);
    }

    /// <summary>BGSAVE and BGREWRITEAOF after the first take no more memory than it has left, with changes that are written while there is no room; nor does one that fails.</summary>
    [Theory]
    [InlineData("yes")]
    [InlineData("no")]
    public void The_next_snapshot_has_the_memory_of_the_one_before(string preamble)
    {
        using var server = new HeldServer($"appendonly yes\naof-use-rdb-preamble {preamble}\nauto-aof-rewrite-percentage 0\nrdbcompression no", held: "temp-");
        using RespClient client = server.Connect();
        string value = new('v', ValueBytes);
        for (int i = 0; i < Keys; i++)
            Assert.Equal("OK", client.Call("SET", $"key{i}", value).Text);

        long made = 0;
        for (int round = 0; round < 4; round++)
        {
            server.Hold();
            Assert.Equal("Background saving started", client.Call("BGSAVE").Text);
            server.AwaitPause();

            // What changes now is written at once, though there is no room.
            for (int i = 0; i < Keys; i += 400)
                Assert.Equal("OK", client.Call("SET", $"key{i}", value).Text);
            if (round == 2)
                server.Error = Engine.Persistence.Files.FileErrors.NoSpace;
            server.LetGo();
            Assert.Equal(round != 2, HeldServer.AwaitSave(client));
            server.Error = 0;
            Assert.StartsWith("Background append only file rewriting started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
            HeldServer.Await(client, "aof_rewrite_in_progress:0");
            if (round == 0)
                made = server.SnapshotChunksMade;
        }
        Assert.InRange(made, SnapshotQueue.WaitingBytesMax / SnapshotChunks.FullBytes, long.MaxValue);
        Assert.InRange(server.SnapshotChunksMade, made, made + 8);
    }
}
