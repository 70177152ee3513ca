using System.Text.Json;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>The figures of info are those of a server that has loaded the file.</summary>
public sealed class CheckInfoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ServerKind.FastKv3)]
    [InlineData(ServerKind.Redis)]
    public void Figures_are_those_of_a_server(ServerKind writer)
    {
        MakeFile(writer);
        var result = CheckTool.Ours("", "info", "--json", "--top", "1000", _folder.File);
        Assert.Equal(0, result.ExitCode);
        var file = JsonDocument.Parse(result.Output).RootElement.GetProperty("files")[0];
        using var server = ServerProcess.Start(ServerKind.FastKv1, "--dir", _folder.Path);
        using var client = server.Connect();
        var types = new Dictionary<string, long>();
        var memory = new Dictionary<string, long>();
        long keys = 0, expires = 0, longest = 0, shortest = long.MaxValue;
        foreach (int database in (int[])[0, 5])
        {
            client.Call("SELECT", $"{database}");
            long count = client.Call("DBSIZE").Integer;
            keys += count;
            foreach (var key in client.Call("KEYS", "*").Items!)
            {
                string name = key.Text;
                string kind = $"{client.Call("TYPE", name).Text} {client.Call("OBJECT", "ENCODING", name).Text}";
                types[kind] = types.GetValueOrDefault(kind) + 1;
                memory[$"{database} {name}"] = client.Call("MEMORY", "USAGE", name, "SAMPLES", "0").Integer;
                long ttl = client.Call("PTTL", name).Integer;
                if (ttl < 0)
                    continue;
                expires++;
                longest = Math.Max(longest, ttl);
                shortest = Math.Min(shortest, ttl);
            }
            var figures = file.GetProperty("databases").EnumerateArray().Single(item => item.GetProperty("database").GetInt32() == database);
            Assert.Equal(count, figures.GetProperty("keys").GetInt64() - figures.GetProperty("expired").GetInt64());
        }
        long expired = file.GetProperty("ttl").GetProperty("expired").GetInt64();
        Assert.Equal(1, expired);
        Assert.Equal(keys + expired, file.GetProperty("keys").GetProperty("keys").GetInt64());
        AssertTypes(file, types);
        AssertLargest(file, memory);
        var times = file.GetProperty("ttl");
        Assert.Equal(expires + expired, times.GetProperty("keys").GetInt64());
        Assert.InRange(times.GetProperty("max_ms").GetInt64(), longest, longest + 300_000);
        Assert.InRange(times.GetProperty("min_ms").GetInt64(), shortest, shortest + 300_000);
        Assert.Equal(expires, times.GetProperty("histogram").EnumerateArray().Sum(step => step.GetProperty("keys").GetInt64()));
    }

    [Fact]
    public void Bytes_elements_and_prefixes_add_up()
    {
        MakeFile(ServerKind.FastKv1);
        string text = CheckTool.Ours("", "info", "--json", _folder.File).Output;
        var file = JsonDocument.Parse(text).RootElement.GetProperty("files")[0];
        long all = file.GetProperty("keys").GetProperty("file_bytes").GetInt64();
        Assert.InRange(all, 1, file.GetProperty("bytes").GetInt64());
        foreach (string part in (string[])["databases", "types"])
            Assert.Equal(all, file.GetProperty(part).EnumerateArray().Sum(item => item.GetProperty("file_bytes").GetInt64()));
        var prefixes = file.GetProperty("prefixes");
        Assert.Equal(all, prefixes.GetProperty("largest").EnumerateArray().Sum(item => item.GetProperty("file_bytes").GetInt64())
            + prefixes.GetProperty("none").GetProperty("file_bytes").GetInt64());
        var user = prefixes.GetProperty("largest").EnumerateArray().Single(item => item.GetProperty("prefix").GetString() == "user:");
        Assert.Equal(50, user.GetProperty("keys").GetInt64());
        var largest = file.GetProperty("largest_by_elements").EnumerateArray().First();
        Assert.Equal("biggest", largest.GetProperty("key").GetString());
        Assert.Equal(2000, largest.GetProperty("elements").GetInt64());
        Assert.Equal(10, file.GetProperty("largest_by_memory").GetArrayLength());
        Assert.Empty(JsonDocument.Parse(CheckTool.Ours("", "info", "--json", "--top", "0", _folder.File).Output).RootElement.GetProperty("files")[0]
            .GetProperty("largest_by_memory").EnumerateArray());
        string plain = CheckTool.Ours("", "info", _folder.File).Output;
        Assert.Contains("## Largest keys by elements", plain, StringComparison.Ordinal);
        Assert.Contains("biggest", plain, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_is_counted_by_command()
    {
        const int rounds = 25;
        using (var server = new AofServer(_folder.Path, isFastKv: true, "--shards", "3", "--aof-timestamp-enabled", "yes"))
        {
            using (var client = server.Connect())
            {
                for (int i = 0; i < rounds; i++)
                {
                    client.Call("HSET", $"h{i}", "f", "v");
                    client.Call("MSET", $"a{i}", "1", $"b{i}", "2", $"c{i}", "3");
                }
            }
            server.Shutdown();
        }
        string directory = Path.Combine(_folder.Path, "appendonlydir");
        var result = CheckTool.Ours("", "info", "--json", directory);
        Assert.Equal(0, result.ExitCode);
        var files = JsonDocument.Parse(result.Output).RootElement.GetProperty("files").EnumerateArray().ToList();
        Assert.Equal("base", files[0].GetProperty("role").GetString());
        Assert.Equal(4, files.Count);
        long hashes = files.Skip(1).Sum(file => file.GetProperty("commands").GetProperty("names").EnumerateArray()
            .Where(name => name.GetProperty("name").GetString() == "HSET").Sum(name => name.GetProperty("count").GetInt64()));
        Assert.Equal(rounds, hashes);
        Assert.Equal([0, 1, 2], files.Skip(1).Select(file => file.GetProperty("commands").GetProperty("shard").GetInt32()));
        Assert.True(files.Skip(1).Sum(file => file.GetProperty("commands").GetProperty("tickets").GetInt64()) > 0);
        string torn = Path.Combine(directory, files[^1].GetProperty("name").GetString()!);
        File.WriteAllBytes(torn, File.ReadAllBytes(torn)[..^3]);
        Assert.Equal(1, CheckTool.Ours("", "info", directory).ExitCode);
    }

    [Fact]
    public void Wrong_calls_are_refused()
    {
        string nothing = Path.Combine(_folder.Path, "nothing");
        foreach (string[] arguments in (string[][])[[], ["--json"], ["a", "b"], ["--top"], ["--top", "x", "a"], ["--what", "a"], [_folder.Path], [nothing]])
            Assert.Equal(1, CheckTool.Ours("", ["info", .. arguments]).ExitCode);
    }

    private static void AssertTypes(JsonElement file, Dictionary<string, long> types)
    {
        var found = file.GetProperty("types").EnumerateArray().ToDictionary(
            item => $"{item.GetProperty("type").GetString()} {item.GetProperty("encoding").GetString()}", item => item.GetProperty("keys").GetInt64());

        // The key that is due is a string.
        found["string int"]--;
        Assert.Equal(types.OrderBy(pair => pair.Key, StringComparer.Ordinal), found.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    private static void AssertLargest(JsonElement file, Dictionary<string, long> memory)
    {
        var found = new Dictionary<string, long>();
        var encodings = new Dictionary<string, string>();
        foreach (var item in file.GetProperty("largest_by_memory").EnumerateArray().Where(item => item.GetProperty("key").GetString() != "due"))
        {
            string name = $"{item.GetProperty("database").GetInt32()} {item.GetProperty("key").GetString()}";
            found.Add(name, item.GetProperty("memory_bytes").GetInt64());
            encodings.Add(name, item.GetProperty("encoding").GetString()!);
        }
        Assert.Equal(memory.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, bytes) in memory)
        {
            // The size of a table depends on the seed of its hashes, which each server draws.
            long slack = encodings[key] == "hashtable" ? (bytes / 4) + 4096 : encodings[key] == "skiplist" ? bytes / 4 : 0;
            Assert.InRange(found[key], bytes - slack, bytes + slack);
        }
    }

    private void MakeFile(ServerKind kind)
    {
        var data = new RandomData(11);
        data.AddAll("v", rounds: 2);
        using var server = ServerProcess.Start(kind, "--dir", _folder.Path);
        using var client = server.Connect();
        data.SendTo(client);
        client.Call("SELECT", "5");
        for (int i = 0; i < 50; i++)
            client.Call("SET", $"user:{i}", $"name {i}", "EX", $"{1000 * (i + 1)}");
        client.Call(["SADD", "biggest", .. Enumerable.Range(0, 2000).Select(i => $"member {i}")]);
        client.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        client.Call("SET", "due", "1", "PX", "1");
        Thread.Sleep(5);
        Assert.Equal("OK", client.Call("SAVE").Text);
    }
}
