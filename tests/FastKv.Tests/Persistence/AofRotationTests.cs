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

    /// <summary>Most of what can be in the way shows at once: the reply is that of Redis, and all goes on as if nothing had been.</summary>
    [Theory]
    [InlineData(1, "always")]
    [InlineData(3, "always")]
    [InlineData(1, "everysec")]
    [InlineData(3, "everysec")]
    public void A_rewrite_that_cannot_begin_is_refused(int shards, string policy)
    {
        using var folder = new TemporaryFolder();
        using var redisFolder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--appendfsync", policy, "--shards", $"{shards}");
        using var redis = new AofServer(redisFolder.Path, isFastKv: false, "--appendfsync", policy);
        Assert.Equal(Refused(redis, redisFolder), Refused(server, folder));
        server.KillAndRestart();
        using RespClient client = server.Connect();
        Assert.Equal("2 1", Look(client));
    }

    private static string Refused(AofServer server, TemporaryFolder folder)
    {
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call("SET", "after", "1").Text);
        string obstacle = Path.Combine(folder.Path, "appendonlydir", "temp-" + Manifest);
        Directory.CreateDirectory(obstacle);
        string text = client.Call("BGREWRITEAOF").Text + Environment.NewLine;
        text += client.Call("SET", "after", "2").Text + Environment.NewLine;
        text += RewriteLines(client);
        Directory.Delete(obstacle);
        text += client.Call("BGREWRITEAOF").Text + Environment.NewLine;
        BaseAlone.Await(client);
        return text + RewriteLines(client);
    }

    private static string RewriteLines(RespClient client)
    {
        var lines = client.Call("INFO", "persistence").Text.Split("\r\n").Where(line => line.StartsWith("aof_", StringComparison.Ordinal));
        return string.Join(Environment.NewLine, lines.Where(line => !line.Contains("time", StringComparison.Ordinal)
            && (line.Contains("rewrite", StringComparison.Ordinal) || line.Contains("status", StringComparison.Ordinal))));
    }

    /// <summary>What shows at the barrier only is the end of the rewrite, and of nothing else.</summary>
    [Theory]
    [InlineData(1, FileCall.Rename, Manifest)]
    [InlineData(3, FileCall.Rename, Manifest)]
    [InlineData(3, FileCall.Sync, "temp-" + Manifest)]
    [InlineData(3, FileCall.Sync, "appendonly.aof.5.incr.aof")]
    [InlineData(3, FileCall.SyncDirectory, "appendonlydir")]
    public void A_rewrite_whose_rotation_fails_is_given_up(int shards, FileCall fails, string file)
    {
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync everysec");
        using RespClient client = server.Connect();
        client.Call("SET", "after", "1");
        string[] files = Names(server);
        for (int i = 0; i < 3; i++)
        {
            int faults = 0;
            server.Files.Fault = (name, call) =>
            {
                // The base calls for the directory, too, but later.
                if (call == FileCall.Write && name.StartsWith(Base, StringComparison.Ordinal))
                    FailingServer.Await(() => Volatile.Read(ref faults) > 0, "a fault");
                return call == fails && name == file && Interlocked.Increment(ref faults) == 1 ? FileErrors.NoSpace : 0;
            };
            Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
            FailingServer.Await(client, "aof_rewrite_in_progress:0");
            string info = client.Call("INFO", "persistence").Text;
            Assert.Contains("aof_last_bgrewrite_status:err", info, StringComparison.Ordinal);
            Assert.Contains("aof_last_write_status:ok", info, StringComparison.Ordinal);
            Assert.InRange(faults, 1, int.MaxValue);
            Assert.Equal("OK", client.Call("SET", "after", $"{i}").Text);
            Assert.Equal("1 0", WaitAof(client));
            Assert.Equal(files, Names(server));
            Assert.Equal($"{i} 1", server.Restarted(Look));
        }
        Assert.DoesNotContain("Error writing to the AOF file", server.Log, StringComparison.Ordinal);
        Assert.Contains("goes on without the new files of a rewrite: No space left on device", server.Log, StringComparison.Ordinal);

        server.Files.Fault = (_, _) => 0;
        Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        BaseAlone.Await(client);
        Assert.Equal("OK", client.Call("SET", "after", "last").Text);
        Assert.Equal("1 0", WaitAof(client));
        AssertNamedFilesExist(server);
        Assert.Equal("last 1", server.Restarted(Look));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Increments_that_cannot_be_opened_are_no_error_of_writing(int shards)
    {
        const int tooManyFiles = 24;
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync everysec");
        using RespClient client = server.Connect();
        client.Call("SET", "after", "1");
        string[] files = Names(server);
        server.Files.Fault = (name, call) => call == FileCall.Open && name == $"appendonly.aof.{2 * shards}.incr.aof" ? tooManyFiles : 0;
        Assert.Equal("ERR Can't execute an AOF background rewriting. Please check the server logs for more information.", client.Call("BGREWRITEAOF").Text);
        Assert.Equal("OK", client.Call("SET", "after", "2").Text);
        Assert.Equal("1 0", WaitAof(client));
        Assert.Equal(files, Names(server));
        Assert.Equal("2 1", server.Restarted(Look));
    }

    /// <summary>
    /// A new base that the manifest does not come to name is deleted; one that it names stays, and what it replaces stays until that is durable.
    /// </summary>
    [Theory]
    [InlineData(1, FileCall.Open, "temp-" + Manifest)]
    [InlineData(3, FileCall.Sync, "temp-" + Manifest)]
    [InlineData(3, FileCall.Rename, Manifest)]
    [InlineData(1, FileCall.SyncDirectory, "appendonlydir")]
    [InlineData(3, FileCall.SyncDirectory, "appendonlydir")]
    public void A_base_that_cannot_be_named_leaves_nothing(int shards, FileCall fails, string file)
    {
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync everysec");
        using RespClient client = server.Connect();
        client.Call("SET", "after", "1");
        string[] before = Names(server);
        bool isRenamed = false;
        server.Files.Fault = (name, call) =>
        {
            if (call == FileCall.Rename && name == "appendonly.aof.2.base.rdb")
                Volatile.Write(ref isRenamed, true);
            return Volatile.Read(ref isRenamed) && call == fails && name == file ? FileErrors.IoError : 0;
        };
        Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.True(isRenamed);
        string info = client.Call("INFO", "persistence").Text;
        Assert.Contains("aof_last_bgrewrite_status:err", info, StringComparison.Ordinal);
        Assert.Contains("aof_last_write_status:ok", info, StringComparison.Ordinal);
        bool isNamed = fails == FileCall.SyncDirectory;
        string[] expected = [.. Enumerable.Range(shards + 1, shards).Select(number => $"appendonly.aof.{number}.incr.aof")];
        if (isNamed)
            expected = [.. expected, "appendonly.aof.2.base.rdb"];
        Assert.Equal(before.Concat(expected).Order(), Names(server));
        Assert.Equal(isNamed ? 2 : 1, ManifestOf(server).Base!.Sequence);
        client.Call("SET", "after", "2");
        Assert.Equal("1 0", WaitAof(client));
        Assert.Equal("2 1", server.Restarted(Look));

        server.Files.Fault = (_, _) => 0;
        Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        BaseAlone.Await(client);
        Assert.Equal("2 1", server.Restarted(Look));
        var manifest = ManifestOf(server);
        Assert.Empty(manifest.History);

        // Never a base of another instant under a name that a manifest knows.
        Assert.Equal(isNamed ? 3 : 2, manifest.Base!.Sequence);
        Assert.Equal(manifest.Increments.Append(manifest.Base!).Select(named => named.Name).Append(Manifest).Order(), Names(server));
    }

    /// <summary>On several shards a file begins with a line: without it, files that a power failure left empty would not be known to belong together.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_manifest_names_only_what_has_been_synced(int shards)
    {
        var opened = new HashSet<string>();
        var wrong = new List<string>();
        int manifests = 0;
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync no", Note);
        Assert.InRange(manifests, 1, int.MaxValue);
        using RespClient client = server.Connect();
        client.Call("SET", "k", "1");
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        int before = manifests;
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        BaseAlone.Await(client);
        Assert.InRange(manifests, before + 1, int.MaxValue);
        Assert.Equal("OK", client.Call("FLUSHALL").Text);
        client.Call("BGREWRITEAOF");
        BaseAlone.Await(client);
        lock (opened)
            Assert.Empty(wrong);

        int Note(string name, FileCall call)
        {
            lock (opened)
            {
                bool isIncrement = name.EndsWith(".incr.aof", StringComparison.Ordinal);
                if (isIncrement && call == FileCall.Open)
                    opened.Add(name);
                else if (isIncrement && call == FileCall.Sync)
                    opened.Remove(name);
                if (name == Manifest && call == FileCall.Rename)
                {
                    manifests++;
                    wrong.AddRange(opened);
                }
            }
            return 0;
        }
    }

    /// <summary>As in Redis, where they count from the fork on. What tells the rewrites' barriers apart does not begin again with the statistics.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Rewrites_count_from_their_beginning(int shards)
    {
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync everysec");
        using RespClient client = server.Connect();
        var gate = server.Hold(Base);
        Assert.EndsWith("started", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        Assert.Equal(1, Count());
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        Assert.Equal(1, Count());
        gate.Set();
        FailingServer.Await(client, "aof_rewrite_in_progress:0");
        Assert.Equal(1, Count());

        // Either may be scheduled: what is left of the base before is waited for.
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        FailingServer.Await(client, "aof_rewrites:2");
        BaseAlone.Await(client);
        for (int i = 1; i <= 2; i++)
        {
            Assert.Equal("OK", client.Call("CONFIG", "RESETSTAT").Text);
            Assert.Equal(0, Count());
            Assert.Equal("OK", client.Call("SET", "after", $"{i}").Text);
            client.Call("BGREWRITEAOF");
            FailingServer.Await(client, "aof_rewrites:1");
            BaseAlone.Await(client);
            Assert.Equal(1, Count());
        }
        Assert.Equal("2 1", server.Restarted(Look));

        long Count() => long.Parse(client.Call("INFO", "persistence").Text.Split("aof_rewrites:")[1].Split('\r')[0]);
    }

    [Fact]
    public void What_ends_the_server_is_logged()
    {
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--appendfsync", "always", "--shards", "3");
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call("SET", "k", "1").Text);
        Directory.CreateDirectory(Path.Combine(folder.Path, "appendonlydir", "temp-" + Manifest));
        client.Send("FLUSHALL");
        FailingServer.Await(() => server.Log.Contains("Exiting...", StringComparison.Ordinal), "it ends");
        string[] lines = [.. server.Log.Split('\n').SkipWhile(line => !line.EndsWith("Error writing to the AOF file: Is a directory", StringComparison.Ordinal))];
        Assert.EndsWith("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...", lines[1], StringComparison.Ordinal);
    }

    private static string[] Names(FailingServer server) => [.. Directory.GetFiles(server.Directory).Select(path => Path.GetFileName(path)!).Order()];

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
