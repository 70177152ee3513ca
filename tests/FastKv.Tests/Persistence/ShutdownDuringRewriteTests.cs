using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>SHUTDOWN while a rewrite is going on: it is given up, and nothing waits for it.</summary>
public sealed class ShutdownDuringRewriteTests
{
    [Theory]
    [InlineData("yes", 24, 1_000_000)]
    [InlineData("no", 24, 1_000_000)]
    [InlineData("no", 1, 24_000_000)]
    public void The_last_snapshot_does_not_wait_for_the_base(string appendOnly, int keys, int bytes)
    {
        using var folder = new TemporaryFolder();
        using (var server = new HeldServer($"rdbcompression no\nappendonly {appendOnly}\nappendfsync no", held: "temp-rewriteaof"))
        {
            using RespClient client = server.Connect();
            for (int i = 0; i < keys; i++)
                Assert.Equal("OK", client.Call("SET", $"k{i}", new string('x', bytes)).Text);
            server.Hold();
            Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
            server.AwaitPause();

            // The disk takes nothing more of the base, and all of the snapshot.
            client.Send("SHUTDOWN", "SAVE");
            Assert.True(client.IsClosedByPeer());
            Assert.True(new FileInfo(server.File).Length > (long)keys * bytes);
            File.Copy(server.File, folder.File);
            server.LetGo();
        }
        using var reader = ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path);
        using RespClient connection = reader.Connect();
        Assert.Equal($"{keys}", connection.Call("DBSIZE").Text);
        Assert.Equal(0, reader.Stop());
    }
}
