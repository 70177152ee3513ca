using System.Security.Cryptography;
using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Loading;

/// <summary>How a load ends: with all the data, with the server because it was asked to end, or with a fault in the file.</summary>
public sealed class LoadEndTests
{
    [Theory]
    [InlineData(ServerKind.FastKv1, false)]
    [InlineData(ServerKind.FastKv3, false)]
    [InlineData(ServerKind.FastKv1, true)]
    [InlineData(ServerKind.FastKv3, true)]
    public void All_is_there_when_it_says_so(ServerKind kind, bool isJournal)
    {
        using var load = new SlowLoad(isJournal);
        using var server = load.Start(kind, out _);
        using var client = server.Connect();
        Assert.Equal("LOADING Redis is loading the dataset in memory", client.Call("DBSIZE").Text);
        Assert.Equal("LOADING Redis is loading the dataset in memory", client.Call("DEBUG", "DIGEST").Text);
        Assert.DoesNotContain("Ready to accept", server.Log);
        SlowLoad.Finish(client);
        Assert.Equal(load.Digest, DataComparison.DigestOf(client));
        Assert.Equal("PONG", client.Call("PING").Text);
        Assert.Equal("OK", client.Call("SET", "new", "1").Text);
        Assert.DoesNotContain("loading_", client.Call("INFO", "persistence").Text);
        string[] order = isJournal ? ["Server initialized", "DB loaded from append only file", "Ready to accept"]
            : ["Server initialized", "Loading RDB produced by version 7.0.15", "RDB age", "Done loading RDB, keys loaded: ", "DB loaded from disk", "Ready to accept"];

        // The log comes through a pipe.
        Patience.Until(() => server.Log.Contains(order[^1], StringComparison.Ordinal), () => server.Log);
        int at = 0;
        foreach (string line in order)
            Assert.True((at = server.Log.IndexOf(line, at, StringComparison.Ordinal)) >= 0, $"{line}\n{server.Log}");
    }

    [Theory]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv3)]
    [InlineData(ServerKind.FastKv1, ServerKind.FastKv3)]
    public void Journals_of_other_numbers_of_shards_load(ServerKind writer, ServerKind reader)
    {
        using var load = new SlowLoad(isJournal: true, writer);
        using var server = load.Start(reader, out _);
        using var client = server.Connect();
        SlowLoad.Finish(client);
        Assert.Equal(load.Digest, DataComparison.DigestOf(client));
    }

    [Theory]
    [InlineData(ServerKind.FastKv1, false, "")]
    [InlineData(ServerKind.FastKv3, false, "")]
    [InlineData(ServerKind.FastKv3, false, "SAVE")]
    [InlineData(ServerKind.FastKv1, false, "NOSAVE")]
    [InlineData(ServerKind.FastKv1, true, "")]
    [InlineData(ServerKind.FastKv3, true, "")]
    [InlineData(ServerKind.FastKv1, false, "SIGTERM")]
    [InlineData(ServerKind.FastKv3, false, "SIGTERM")]
    [InlineData(ServerKind.FastKv3, true, "SIGTERM")]
    public void A_server_that_loads_ends_at_once_and_saves_nothing(ServerKind kind, bool isJournal, string way)
    {
        using var load = new SlowLoad(isJournal);
        using var server = load.Start(kind, out var folder);
        using var client = server.Connect();
        string before = Fingerprint(folder.Path);
        Assert.Equal("OK", client.Call("CONFIG", "SET", "save", "1 1").Text);
        if (way == "SIGTERM")
        {
            Assert.Equal(0, server.Stop());
        }
        else
        {
            client.Send(way.Length == 0 ? ["SHUTDOWN"] : ["SHUTDOWN", way]);
            Assert.Empty(client.ReadToEnd());
            Assert.Equal(0, server.WaitForExit());
        }
        Assert.Equal(before, Fingerprint(folder.Path));
        Assert.DoesNotContain("Ready to accept", server.Log);
        Assert.DoesNotContain("saved on disk", server.Log);
        Assert.Contains("bye bye", server.Log);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_fault_ends_the_server_whoever_is_connected(ServerKind kind)
    {
        using var load = new SlowLoad();
        var folder = load.Copy();
        byte[] file = File.ReadAllBytes(folder.File);
        foreach (var (bytes, reason) in new[] { (file[..^20], "unexpected end"), (With(file, file.Length / 2), "at offset"), (With(file, file.Length - 4), "wrong checksum") })
        {
            File.WriteAllBytes(folder.File, bytes);
            using var server = ServerProcess.Start(
                kind, "--dir", folder.Path, "--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024");
            using var client = server.Connect();
            Assert.Equal("LOADING Redis is loading the dataset in memory", client.Call("GET", "a").Text);
            client.Send("CONFIG", "SET", "key-load-delay", "0");
            client.ReadToEnd();
            Assert.Equal(1, server.WaitForExit());
            Assert.Contains(reason, server.Log);
            Assert.Contains("at offset", server.Log);
            Assert.DoesNotContain("Ready to accept", server.Log);
        }
    }

    [Fact]
    public void A_fault_in_a_journal_ends_the_server()
    {
        using var load = new SlowLoad(isJournal: true);
        var folder = load.Copy();
        string increment = Directory.EnumerateFiles(Path.Combine(folder.Path, "appendonlydir"), "*.incr.aof").Single();
        File.AppendAllText(increment, "*2\r\n$7\r\nNOTHING\r\n$1\r\na\r\n");
        using var server = ServerProcess.Start(
            ServerKind.FastKv3, "--dir", folder.Path, "--appendonly", "yes", "--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024");
        using var client = server.Connect();
        client.Send("CONFIG", "SET", "key-load-delay", "0");
        client.ReadToEnd();
        Assert.Equal(1, server.WaitForExit());
        Assert.Contains("Unknown command 'NOTHING'", server.Log);
    }

    [Fact]
    public void Little_data_is_there_before_anybody_can_ask()
    {
        using var load = new SlowLoad();
        var folder = load.Copy();
        using var server = ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path, "--loading-process-events-interval-bytes", "100000000");
        using var client = server.Connect();
        Assert.Equal(load.Digest, DataComparison.DigestOf(client));
        Assert.DoesNotContain("LOADING", client.Call("INFO", "errorstats").Text);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_memory_limit_evicts_nothing_while_it_loads(ServerKind kind)
    {
        using var load = new SlowLoad();
        using var server = load.Start(kind, out _, "--maxmemory", "1mb", "--maxmemory-policy", "allkeys-lru");
        using var client = server.Connect();
        Assert.Equal("LOADING Redis is loading the dataset in memory", client.Call("SET", "a", "1").Text);
        client.Call("PUBLISH", "a", "b");
        client.Call("CONFIG", "SET", "key-load-delay", "100");
        Assert.Equal("0", Field(client, "evicted_keys"));
        client.Call("CONFIG", "SET", "maxmemory", "0");
        SlowLoad.Finish(client);
        Assert.Equal("0", Field(client, "evicted_keys"));
        Assert.Equal(load.Digest, DataComparison.DigestOf(client));
    }

    private static string Field(RespClient client, string name) =>
        client.Call("INFO", "stats").Text.Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];

    private static byte[] With(byte[] file, int flipped)
    {
        byte[] copy = (byte[])file.Clone();
        copy[flipped] ^= 0xFF;
        return copy;
    }

    private static string Fingerprint(string directory) => string.Join('\n', Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order()
        .Select(path => $"{Path.GetRelativePath(directory, path)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}"));
}
