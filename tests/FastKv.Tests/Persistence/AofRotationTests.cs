using FastKv.Engine.Persistence.Aof;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>New increments that cannot be begun, or not be named, at the time of a rewrite: what the manifest names is there, and nothing else is.</summary>
public sealed class AofRotationTests
{
    private const string Manifest = "appendonly.aof.manifest";
    private const string Base = "temp-rewriteaof";

    /// <summary>FLUSHALL's increments 7 to 9 cannot be synced, and the base of a rewrite becomes complete meanwhile.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void A_base_waits_for_a_rotation_that_is_tried_again(int failing)
    {
        using var server = new FailingServer(3, "appendonly yes\nappendfsync everysec");
        using RespClient client = server.Connect();
        client.Call("SET", "gone", "1");
        using var gate = new ManualResetEventSlim();
        int tries = 0;
        bool isWritten = false;
        server.Files.Fault = (name, call) =>
        {
            bool isBase = name.StartsWith(Base, StringComparison.Ordinal);
            if (isBase && call == FileCall.Write)
                gate.Wait();
            if (isBase && call == FileCall.Rename)
                Volatile.Write(ref isWritten, true);
            if (call != FileCall.Sync || name != $"appendonly.aof.{failing}.incr.aof")
                return 0;
            Interlocked.Increment(ref tries);
            return FileErrors.IoError;
        };
        Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("FLUSHALL").Text);
        FailingServer.Await(() => server.Aof.WriteError == FileErrors.IoError, "the rotation fails");
        gate.Set();
        FailingServer.Await(() => Volatile.Read(ref isWritten), "the base is written");
        int before = Volatile.Read(ref tries);
        FailingServer.Await(() => Volatile.Read(ref tries) > before + 5, "the rotation is tried again");

        server.Files.Fault = (_, _) => 0;
        FailingServer.Await(() => client.Call("SET", "after", "1").Text == "OK", "writes succeed again");
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        client.Call("SET", "after", "2");
        Assert.Equal("1 0", WaitAof(client));
        AssertNamedFilesExist(server);
        Assert.Equal("2 1", server.Restarted(Look));
    }

    private static string Look(RespClient reader) => $"{reader.Call("GET", "after").Text} {reader.Call("DBSIZE").Text}";

    private static AofManifest ManifestOf(FailingServer server) => AofManifest.Parse(File.ReadAllText(Path.Combine(server.Directory, Manifest)));

    private static void AssertNamedFilesExist(FailingServer server)
    {
        var manifest = ManifestOf(server);
        foreach (var file in manifest.Increments.Append(manifest.Base!))
            Assert.True(File.Exists(Path.Combine(server.Directory, file.Name)), file.Name);
    }

    private static string WaitAof(RespClient client) => client.Call("WAITAOF", "1", "0", "0").Items is { } items ? $"{items[0].Text} {items[1].Text}" : "";
}
