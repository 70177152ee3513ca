using FastKv.Engine.Persistence.Rdb;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>Damaged files, their checksum not looked at: an error with its place, or sound data; nothing leaks.</summary>
public sealed unsafe class FileCorruptionTests(ITestOutputHelper output)
{
    private static int Count => (int.TryParse(Environment.GetEnvironmentVariable("FASTKV_CORRUPTION_COUNT"), out int count) ? count : 5000) / 5;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Damaged_files_are_refused_or_sound(int shards)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[] file = MakeFile(seed);
        using var server = new InProcessServer(shards);
        using var page = new EdgePage(file.Length + 100);
        int loaded = 0;
        long before = server.UsedBytes;
        for (int i = 0; i < Count; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            int times = random.Next(1, 4);
            for (int j = 0; j < times; j++)
                damaged[random.Next(8, damaged.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                damaged = damaged[..random.Next(1, damaged.Length)];
            var options = new RdbLoadOptions { NowMs = 1_700_000_000_000, VerifiesChecksum = false };
            RdbLoadResult result = RdbLoader.Load(server.Server.Partitions, page.Place(damaged), damaged.Length, options);
            if (result.Fault == RdbFault.None)
            {
                loaded++;
                server.Digest();
            }
            else
            {
                Assert.InRange(result.FaultOffset, 0, damaged.Length);
            }
            server.Server.Dataset.Clear();
            Assert.True(server.UsedBytes <= before + 200_000, $"{server.UsedBytes - before} bytes are left");
        }
        output.WriteLine($"{loaded} of {Count} loaded");
        Assert.InRange(loaded, 1, Count);
    }

    private static byte[] MakeFile(int seed)
    {
        using var folder = new TemporaryFolder();
        var data = new RandomData(seed);
        data.AddAll("v", rounds: 1);
        using var server = ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path);
        using var client = server.Connect();
        foreach (byte[][] command in data.Commands)
        {
            if (command.Sum(word => word.Length) < 5000)
                client.CallBytes(command);
        }
        client.Call("SAVE");
        return File.ReadAllBytes(folder.File);
    }
}
