using System.Text;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Snapshots;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A file system that fails at each call of the AOF in turn, rotation, rewrite and turning on included: the server knows of the error until it is over, and what
/// it was told stands in the files then, once and in order.
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

    [Theory]
    [InlineData(1, FileErrors.NoSpace)]
    [InlineData(3, FileErrors.NoSpace)]
    [InlineData(3, FileErrors.IoError)]
    public void A_log_that_is_turned_on_is_complete_once_the_disk_works_again(int shards, int error)
    {
        int calls = TurnOn(shards, 0, error);
        Assert.InRange(calls, 10, 2000);
        for (int at = 1; at <= calls; at++)
            TurnOn(shards, at, error);
    }

    /// <summary>Turns a log off and on while one call fails, and tells effects whenever it listens; returns how many calls there were.</summary>
    private static int TurnOn(int shards, int failsAt, int error)
    {
        using var host = new InProcessServer(shards, isGuarded: false);
        var server = host.Server;
        var aof = server.Aof;
        server.Options.AofUseRdbPreamble = false;
        server.Options.AppendFsync = Engine.Configuration.AppendFsync.No;
        aof.Start(null);
        for (int i = -Effects; i < 0; i++)
            Tell(server, i);
        Assert.True(aof.Writer.Drain());
        aof.TurnOff();
        host.Files.Reset(failsAt, error);
        if (aof.TurnOn() is not null)
        {
            Assert.False(aof.IsOn);
            Assert.Null(aof.TurnOn());
        }
        Snapshot.Drain(server.Partitions, server.Clock);
        var told = new List<int>();
        for (int i = 0; i < Effects; i++)
        {
            if (!aof.IsRewriting && !aof.IsComplete)
            {
                // The base has failed: what the first loop does some times a second.
                told.Clear();
                BeginRewrite(server);
            }
            Tell(server, i);
            told.Add(i);
            if (i % 10 == 5 && shards > 1)
            {
                foreach (var partition in server.Partitions)
                    partition.Journal.AddBarrier(Engine.Persistence.Journal.JournalMarkKind.Barrier, i, (1UL << shards) - 1);
            }
            if (i % 3 == 0)
                _ = aof.Writer.Drain();
        }
        for (int tries = 0; !aof.IsComplete || !aof.Writer.Drain(); tries++)
        {
            Assert.True(tries < 60_000, $"call {failsAt}: the log is not complete");
            if (!aof.IsRewriting && !aof.IsComplete)
            {
                told.Clear();
                BeginRewrite(server);
            }
            Thread.Sleep(1);
        }
        Assert.Equal(0, aof.WriteError);
        int calls = host.Files.Calls;
        aof.Dispose();
        var manifest = ManifestOf(host);
        Assert.True(ToldIn(host, manifest).Order().SequenceEqual(told), $"call {failsAt}: {string.Join(' ', ToldIn(host, manifest))} instead of {string.Join(' ', told)}");

        // What was opened in vain, or was there before, is gone, or known to be history.
        string[] known = [.. manifest.Increments.Concat(manifest.History).Select(file => file.Name)];
        string[] unknown = [.. Directory.GetFiles(host.Folder, "*.incr.aof").Select(path => Path.GetFileName(path)!).Except(known)];
        Assert.True(unknown.Length == 0, $"call {failsAt}: {string.Join(' ', unknown)}");
        return calls;
    }

    /// <summary>Begins a rewrite, and has the partitions, which nobody else runs, do their share.</summary>
    private static void BeginRewrite(Engine.FastKvServer server)
    {
        // With an error it could not begin; all is as it was.
        int error = server.Aof.BeginRewrite(out bool isBegun);
        Assert.True(error == 0 || !isBegun);
        Snapshot.Drain(server.Partitions, server.Clock);
    }

    private static void Tell(Engine.FastKvServer server, int number)
    {
        var journal = server.Partitions[Math.Abs(number) % server.Partitions.Length].Journal;
        journal.Begin(0, "SET"u8, 3).Add("k"u8).Add(number);
        journal.EndUnit();
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
            Tell(server, i);
            if (i == Effects / 2)
                BeginRewrite(server);
            if (!server.Aof.Writer.Drain())
                Assert.NotEqual(0, error);
        }
        for (int tries = 0; server.Aof.IsRewriting || !server.Aof.Writer.Drain(); tries++)
        {
            Assert.True(tries < 60_000, $"call {failsAt}: the writer does not recover");
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
        var manifest = ManifestOf(host);
        var told = ToldIn(host, manifest);
        bool isRewritten = manifest.Base!.Sequence > 1;
        int first = isRewritten ? (Effects / 2) + 1 : 0;
        Assert.True(told.Order().SequenceEqual(Enumerable.Range(first, Effects - first)), $"call {failsAt}, rewrite {(isRewritten ? "done" : "failed")}: {string.Join(' ', told)}");
    }

    private static Engine.Persistence.Aof.AofManifest ManifestOf(InProcessServer host) =>
        Engine.Persistence.Aof.AofManifest.Parse(File.ReadAllText(Path.Combine(host.Folder, "appendonly.aof.manifest")));

    /// <summary>The effects that stand in the increments.</summary>
    private static List<int> ToldIn(InProcessServer host, Engine.Persistence.Aof.AofManifest manifest)
    {
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
        return told;
    }
}
