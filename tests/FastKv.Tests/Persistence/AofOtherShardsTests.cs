using System.Text;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Aof;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// The files that three shards have written are read at the same time. On another number of shards a command that one shard had run by itself may need several,
/// while the readers of the other files go on. What comes of it is what redis-server reads from the same files.
/// </summary>
public sealed class AofOtherShardsTests(ITestOutputHelper output)
{
    private const int Written = 3;
    private const int Keys = 3000;
    private const int Commands = 40_000;
    private const int Reloads = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void Commands_over_several_keys_are_run_alone(int shards)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        byte[][] files = Make(new Random(seed));
        string expected;
        using (var folder = new TemporaryFolder())
        {
            Write(folder, files);
            using var redis = new AofServer(folder.Path, isFastKv: false, "--enable-debug-command", "yes");
            using RespClient client = redis.Connect();
            expected = client.Call("DEBUG", "DIGEST").Text;
        }
        using (var folder = new TemporaryFolder())
        {
            Write(folder, files);
            using var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--enable-debug-command", "yes");
            using RespClient client = server.Connect();
            Assert.Equal(expected, client.Call("DEBUG", "DIGEST").Text);
            for (int i = 0; i < Reloads; i++)
            {
                Assert.Equal("OK", client.Call("DEBUG", "LOADAOF").Text);
                Assert.Equal(expected, client.Call("DEBUG", "DIGEST").Text);
            }
        }
    }

    private static void Write(TemporaryFolder folder, byte[][] files)
    {
        string directory = Directory.CreateDirectory(Path.Combine(folder.Path, "appendonlydir")).FullName;
        var manifest = new StringBuilder();
        for (int i = 0; i < files.Length; i++)
        {
            string name = $"appendonly.aof.{i + 1}.incr.aof";
            File.WriteAllBytes(Path.Combine(directory, name), files[i]);
            manifest.Append($"file {name} seq {i + 1} type i\n");
        }
        File.WriteAllText(Path.Combine(directory, "appendonly.aof.manifest"), manifest.ToString());
    }

    /// <summary>What three shards write: each has its own keys; below the size from which clients are served while it is loaded.</summary>
    private static unsafe byte[][] Make(Random random)
    {
        var routing = new Routing(Written, 0);
        var keys = new List<string>[Written];
        var files = new MemoryStream[Written];
        for (int i = 0; i < Written; i++)
        {
            keys[i] = [];
            files[i] = new MemoryStream();
            files[i].Write(Encoding.ASCII.GetBytes(AofUnits.Header(1, i, Written)));
            files[i].Write(RespClient.Encode("SELECT", "0"));
        }
        for (int i = 0; i < Keys; i++)
        {
            byte[] name = Encoding.ASCII.GetBytes($"k{i}");
            fixed (byte* bytes = name)
                keys[routing.ShardOf(bytes, name.Length)].Add($"k{i}");
        }
        for (int i = 0; i < Commands; i++)
        {
            int shard = random.Next(Written);
            string one = keys[shard][random.Next(keys[shard].Count)], other = keys[shard][random.Next(keys[shard].Count)];

            // As many commands over several keys that readers change between having all run alone and sending it to the shards.
            string[] command = random.Next(100) switch
            {
                0 => ["MSET", one, $"{i}", other, $"{i}"],
                1 => ["DEL", one, other],
                < 30 => ["RPUSH", "{" + one + "}l", $"{i}"],
                _ => ["APPEND", one, $"x{i % 100}"],
            };
            files[shard].Write(RespClient.Encode(command));
        }
        byte[][] contents = Array.ConvertAll(files, file => file.ToArray());
        Assert.True(contents.Sum(content => content.Length) < 2 * 1024 * 1024, "clients would be served meanwhile");
        return contents;
    }
}
