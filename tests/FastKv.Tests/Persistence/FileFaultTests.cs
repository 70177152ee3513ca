using FastKv.Engine.Persistence.Files;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>A file system that fails at each call of a save in turn: the snapshot before stays whole, and nothing is left behind.</summary>
public sealed class FileFaultTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_save_that_fails_leaves_the_snapshot_before(int shards)
    {
        using var server = new InProcessServer(shards);
        for (int i = 0; i < 200; i++)
            server.Set($"key{i}", string.Concat(Enumerable.Range(0, 3000).Select(n => $"{n * i}")), i % 3);
        Assert.True(server.Server.Saving.SaveAtEnd());
        byte[] before = File.ReadAllBytes(server.File);
        int calls = server.Files.Calls;
        Assert.InRange(calls, 6, 100);
        server.Set("another", "value");
        string digest = server.Digest();
        foreach (int error in new[] { FileErrors.NoSpace, FileErrors.IoError })
        {
            for (int at = 1; at <= calls; at++)
            {
                server.Files.Reset(at, error);
                Assert.False(server.Server.Saving.SaveAtEnd());
                Assert.Equal(["dump.rdb"], Directory.GetFiles(server.Folder).Select(Path.GetFileName));

                // Only when the directory cannot be made durable has the new file taken its place already.
                if (at < calls)
                    Assert.True(File.ReadAllBytes(server.File).AsSpan().SequenceEqual(before), $"call {at}");
                File.WriteAllBytes(server.File, before);
            }
        }
        for (int at = 2; at <= calls; at++)
        {
            server.Files.Reset(at, FileErrors.None);
            Assert.True(server.Server.Saving.SaveAtEnd());
            Assert.True(server.Server.Dataset.TryReload(flushes: true, replaces: false));
            Assert.Equal(digest, server.Digest());
        }
    }
}
