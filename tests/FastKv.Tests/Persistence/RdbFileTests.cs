using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>Snapshots as files: FastKv to redis-server and back, on different numbers of shards; saving, loading, and what the commands say of it.</summary>
public sealed class RdbFileTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ServerKind.FastKv1, ServerKind.FastKv3)]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv1)]
    public void Files_go_to_redis_and_back(ServerKind first, ServerKind last)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var data = new RandomData(seed);
        List<string> keys = data.AddAll("v", rounds: 4);
        using var folder = new TemporaryFolder();
        string digest;
        using (var server = ServerProcess.Start(first, "--dir", folder.Path))
        {
            using var client = server.Connect();
            data.SendTo(client);
            client.Call("SELECT", "5");
            client.Call("SET", "other", "database");
            client.Call("SET", "gone", "soon", "PX", "1");
            client.Call("SELECT", "0");
            Assert.Equal("OK", client.Call("SAVE").Text);
            client.Call("SELECT", "5");
            client.Call("DEL", "gone");
            client.Call("SELECT", "0");
            digest = DataComparison.DigestOf(client);
        }
        Assert.Contains("[offset", Run("redis-check-rdb", folder.File));
        Assert.Contains("RDB looks OK", Run("redis-check-rdb", folder.File));
        using (var redis = ServerProcess.Start(ServerKind.Redis, "--dir", folder.Path))
        {
            using var client = redis.Connect();
            client.Call("SELECT", "5");
            client.Call("DEL", "gone");
            client.Call("SELECT", "0");
            Assert.Equal(digest, DataComparison.DigestOf(client));
            using var origin = ServerProcess.Start(first, "--dir", folder.Path);
            using var originClient = origin.Connect();
            foreach (string key in keys)
                DataComparison.AssertEqual(client, originClient, key, key);
            Assert.Equal("OK", client.Call("SAVE").Text);
        }
        using (var server = ServerProcess.Start(last, "--dir", folder.Path))
        {
            using var client = server.Connect();
            Assert.Equal(digest, DataComparison.DigestOf(client));
            Assert.Matches("rdb_changes_since_last_save:0\r", client.Call("INFO", "persistence").Text);
            Assert.Matches($"rdb_last_load_keys_loaded:{keys.Count - Empty(client, keys) + 1}\r", client.Call("INFO", "persistence").Text);
            Patience.Until(() => server.Log.Contains("Done loading RDB, keys loaded:", StringComparison.Ordinal), () => server.Log);
            Assert.Equal("OK", client.Call("DEBUG", "RELOAD").Text);
            Assert.Equal(digest, DataComparison.DigestOf(client));
        }
    }

    [Fact]
    public void Fields_that_expire_survive_a_restart()
    {
        using var folder = new TemporaryFolder();
        using (var server = ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path))
        {
            using var client = server.Connect();
            client.Call("HSET", "small", "a", "1", "b", "2");
            client.Call("HPEXPIREAT", "small", "4000000000000", "FIELDS", "1", "b");
            for (int i = 0; i < 1000; i++)
                client.Call("HSET", "large", $"f{i}", "v");
            client.Call("HPEXPIREAT", "large", "4000000000123", "FIELDS", "1", "f7");
            Assert.Equal("OK", client.Call("SAVE").Text);
        }
        Assert.Equal("REDIS0012", System.Text.Encoding.ASCII.GetString(File.ReadAllBytes(folder.File)[..9]));
        using var again = ServerProcess.Start(ServerKind.FastKv1, "--dir", folder.Path);
        using var reader = again.Connect();
        Assert.Equal(4_000_000_000_000, reader.Call("HPEXPIRETIME", "small", "FIELDS", "1", "b").Items![0].Integer);
        Assert.Equal(-1, reader.Call("HPEXPIRETIME", "small", "FIELDS", "1", "a").Items![0].Integer);
        Assert.Equal(4_000_000_000_123, reader.Call("HPEXPIRETIME", "large", "FIELDS", "1", "f7").Items![0].Integer);
        Assert.Equal("1000", reader.Call("HLEN", "large").Text);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Shutdown_saves_when_it_should(ServerKind kind)
    {
        using var folder = new TemporaryFolder();
        foreach (var (points, arguments, isSaved) in new[]
        {
            ("", "", false), ("", "SAVE", true), ("3600 1", "", true), ("3600 1", "NOSAVE", false), ("3600 1", "signal", true), ("", "signal", false),
        })
        {
            File.Delete(folder.File);
            using var server = ServerProcess.Start(kind, "--dir", folder.Path);
            using var client = server.Connect();
            client.Call("SET", "k", "v");
            client.Call("CONFIG", "SET", "save", points);
            if (arguments != "signal")
            {
                client.Send(arguments == "" ? ["SHUTDOWN"] : ["SHUTDOWN", arguments]);
                Assert.True(client.IsClosedByPeer());
                Assert.Equal(0, server.WaitForExit());
            }
            else
            {
                Assert.Equal(0, server.Stop());
            }
            Assert.True(File.Exists(folder.File) == isSaved, $"save \"{points}\", SHUTDOWN {arguments}\n{server.Log}");
        }
    }

    [Fact]
    public void A_shutdown_that_cannot_save_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var server = ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path, "--dbfilename", "sub.rdb");
        using var client = server.Connect();
        client.Call("SET", "k", "v");
        Directory.CreateDirectory(Path.Combine(folder.Path, "sub.rdb"));
        Assert.Equal("ERR", client.Call("SAVE").Text);
        Assert.Equal("ERR Errors trying to SHUTDOWN. Check logs.", client.Call("SHUTDOWN", "SAVE").Text);
        Assert.Equal("v", client.Call("GET", "k").Text);
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Lastsave_and_changes()
    {
        using var folder = new TemporaryFolder();
        using var server = ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path);
        using var client = server.Connect();
        long before = client.Call("LASTSAVE").Integer;
        for (int i = 0; i < 10; i++)
            client.Call("SET", $"k{i}", "v");
        Assert.Contains("rdb_changes_since_last_save:10\r", client.Call("INFO", "persistence").Text);
        Thread.Sleep(1100);
        Assert.Equal("OK", client.Call("SAVE").Text);
        Assert.True(client.Call("LASTSAVE").Integer > before);
        Assert.Contains("rdb_changes_since_last_save:0\r", client.Call("INFO", "persistence").Text);
        Assert.Contains("rdb_saves:1\r", client.Call("INFO", "persistence").Text);
    }

    [Fact]
    public void A_damaged_file_stops_the_start()
    {
        using var folder = new TemporaryFolder();
        using (var server = ServerProcess.Start(ServerKind.FastKv1, "--dir", folder.Path))
        {
            using var client = server.Connect();
            for (int i = 0; i < 2000; i++)
                client.Call("SET", $"key:{i}", $"value {i}");
            Assert.Equal("OK", client.Call("SAVE").Text);
        }
        byte[] file = File.ReadAllBytes(folder.File);
        byte[] damaged = (byte[])file.Clone();

        // Within a value: the structure of the file stays sound.
        damaged[5000 + damaged.AsSpan(5000).IndexOf("value"u8)] ^= 1;
        foreach (var (bytes, reason) in new[] { (file[..^20], "unexpected end"), (damaged, "wrong checksum"), ("no snapshot at all"u8.ToArray(), "signature") })
        {
            File.WriteAllBytes(folder.File, bytes);
            var failure = Assert.Throws<InvalidOperationException>(() => ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path));
            Assert.Contains(reason, failure.Message);
            Assert.Contains("at offset", failure.Message);
        }
    }

    private static int Empty(RespClient client, List<string> keys) => keys.Count(key => client.Call("EXISTS", key).Text == "0");

    private static string Run(string file, string argument)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(file, [argument]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}
