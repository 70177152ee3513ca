using System.Text;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A file system that fails at each call of the AOF in turn, rotation and rewrite included: the server knows of the error until it is over, and what it was told
/// stands in the files then, once and in order.
/// </summary>
public sealed class AofFaultTests
{
    private const int Effects = 30;

    [Theory]
    [InlineData(1, FileErrors.NoSpace)]
    [InlineData(3, FileErrors.NoSpace)]
    [InlineData(3, FileErrors.IoError)]
    [InlineData(3, FileErrors.None)]
    public void What_was_told_is_written_once_the_disk_works_again(int shards, int error)
    {
        int calls = Run(shards, 0, error);
        Assert.InRange(calls, Effects, 2000);
        for (int at = 1; at <= calls; at++)
            Run(shards, at, error);
    }

    /// <summary>Tells effects while one call fails; returns how many calls there were.</summary>
    private static int Run(int shards, int failsAt, int error)
    {
        using var host = new InProcessServer(shards, isGuarded: false);
        var server = host.Server;
        server.Options.AofUseRdbPreamble = false;
        server.Options.AppendFsync = Engine.Configuration.AppendFsync.No;
        server.Aof.Start(null);
        host.Files.Reset(failsAt, error);
        for (int i = 0; i < Effects; i++)
        {
            var journal = server.Partitions[i % shards].Journal;
            journal.Begin(0, "SET"u8, 3).Add("k"u8).Add(i);
            journal.EndUnit();
            if (i == Effects / 2)
                server.Aof.BeginRewrite();
            if (!server.Aof.Writer.Drain())
                Assert.NotEqual(0, error);
        }
        for (int tries = 0; server.Aof.IsRewriting || !server.Aof.Writer.Drain(); tries++)
        {
            Assert.True(tries < 10_000, $"call {failsAt}: the writer does not recover");
            Thread.Sleep(1);
        }
        Assert.Equal(0, server.Aof.WriteError);
        int calls = host.Files.Calls;
        server.Aof.Dispose();
        CheckFiles(host, failsAt);
        return calls;
    }

    private static void CheckFiles(InProcessServer host, int failsAt)
    {
        // All effects stand in the increments once; those before the rewrite only if it failed. (When nothing but the sync of the directory failed, it has
        // failed as well, and its base is in place all the same.)
        var manifest = Engine.Persistence.Aof.AofManifest.Parse(File.ReadAllText(Path.Combine(host.Folder, "appendonly.aof.manifest")));
        var told = new List<int>();
        foreach (var file in manifest.Increments)
        {
            string text = Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(host.Folder, file.Name)));
            byte[] commands = Encoding.Latin1.GetBytes(string.Concat(text.Split("\r\n").Where(line => !line.StartsWith('#')).Select(line => line + "\r\n")));
            int at = 0;
            while (at < commands.Length - 2 && RespFrame.TryRead(commands, commands.Length - 2, ref at) is { } frame)
            {
                if (frame.Items![0].Text == "SET")
                    told.Add((int)frame.Items[2].Integer);
            }
        }
        bool isRewritten = manifest.Base!.Sequence > 1;
        int first = isRewritten ? (Effects / 2) + 1 : 0;
        Assert.True(told.Order().SequenceEqual(Enumerable.Range(first, Effects - first)), $"call {failsAt}, rewrite {(isRewritten ? "done" : "failed")}: {string.Join(' ', told)}");
    }
}
