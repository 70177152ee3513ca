using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Streams;

/// <summary>
/// Streams that a command over several shards has put elsewhere: the append-only file, which tells them as they are and not the command, keeps what is pending
/// of entries that are not in the stream any more. (DEBUG DIGEST knows nothing of that.)
/// </summary>
public sealed class StreamImageTests
{
    private const int Copies = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_pending_and_deleted_survives_a_restart(int shards)
    {
        if (TestEnvironment.StandIn)
            return;
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--enable-debug-command", "yes");
        DataImage before;
        string pending;
        using (RespClient client = server.Connect())
        {
            Fill(client);
            before = DataImage.Of(client, hasFieldTimes: true);
            pending = Pending(client);
            Assert.Equal(1, client.Call("WAITAOF", "1", "0", "0").Items![0].Integer);
        }
        Assert.Equal(1 + Copies, before.Keys);
        Assert.Equal(1 + Copies, pending.Split('\n').Count(line => line.Contains("= 3 1-1 3-1", StringComparison.Ordinal)));
        Assert.True(pending.Split('\n').Length > 1 + Copies);

        server.KillAndRestart();
        using (RespClient client = server.Connect())
        {
            Assert.Equal(pending, Pending(client));
            Assert.Equal("", DataImage.Of(client, hasFieldTimes: true).DifferenceFrom(before));
        }
        server.Shutdown();
        using var redis = new AofServer(folder.Path, isFastKv: false);
        using RespClient other = redis.Connect();
        Assert.Equal(pending, Pending(other));
    }

    /// <summary>Redis's own rewrite loses it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_base_of_commands_keeps_it_as_well(int shards)
    {
        if (TestEnvironment.StandIn)
            return;
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--enable-debug-command", "yes", "--aof-use-rdb-preamble", "no");
        string pending;
        using (RespClient client = server.Connect())
        {
            Fill(client);

            // One from whose midst, and one from whose end something has gone, and one that is empty.
            string[] commands = ["XADD k 1-1 a b", "XADD k 2-1 a b", "XADD k 3-1 a b", "XGROUP CREATE k g 0", "XREADGROUP GROUP g c STREAMS k >"];
            foreach (string key in (string[])["midst", "end", "empty"])
            {
                foreach (string command in commands)
                    Assert.False(client.Call(command.Replace(" k ", $" {key} ", StringComparison.Ordinal).Split(' ')).IsError, command);
            }
            Assert.Equal("1", client.Call("XDEL", "midst", "2-1").Text);
            Assert.Equal("1", client.Call("XDEL", "end", "3-1").Text);
            Assert.Equal("3", client.Call("XTRIM", "empty", "MAXLEN", "0").Text);
            pending = Pending(client);
            DataImage before = DataImage.Of(client, hasFieldTimes: true);
            Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
            FailingServer.Await(client, "aof_rewrites:1");
            FailingServer.Await(client, "aof_rewrite_in_progress:0");
            client.Call("DEBUG", "LOADAOF");
            Assert.Equal(pending, Pending(client));
            Assert.Equal("", DataImage.Of(client, hasFieldTimes: true).DifferenceFrom(before));
        }
        server.Shutdown();
        using var redis = new AofServer(folder.Path, isFastKv: false);
        using RespClient other = redis.Connect();
        Assert.Equal(pending, Pending(other));
    }

    private static void Fill(RespClient client)
    {
        string[] commands =
        [
            "XADD s 1-1 a b", "XADD s 2-1 a b", "XADD s 3-1 a b", "XGROUP CREATE s g 0", "XGROUP CREATE s nothing 2-1", "XREADGROUP GROUP g c STREAMS s >",
            "XGROUP CREATECONSUMER s g idle", "XDEL s 2-1", "XTRIM s MINID 3-1", "PEXPIREAT s 4102444800000",
        ];
        foreach (string command in commands)
            Assert.False(client.Call(command.Split(' ')).IsError, command);
        for (int i = 0; i < Copies; i += 2)
        {
            Assert.Equal("1", client.Call("COPY", "s", $"copy{i}").Text);
            Assert.Equal("1", client.Call("COPY", "s", $"old{i}").Text);
            Assert.Equal("OK", client.Call("RENAME", $"old{i}", $"new{i}").Text);
        }

        // All of it is told in one place.
        string[] transaction = ["MULTI", "SWAPDB 1 2", "DEL copy0", "COPY s copy0", "RENAME new0 renamed", "EXEC"];
        foreach (string command in transaction)
            Assert.False(client.Call(command.Split(' ')).IsError, command);
        Assert.Equal("OK", client.Call("RENAME", "renamed", "new0").Text);
    }

    private static string Pending(RespClient client)
    {
        string[] keys = [.. client.Call("KEYS", "*").Items!.Select(key => key.Text).Order(StringComparer.Ordinal)];
        var lines = new List<string>();
        foreach (string key in keys)
        {
            RespFrame[] summary = client.Call("XPENDING", key, "g").Items!;
            lines.Add($"{key} = {summary[0].Text} {summary[1].Text} {summary[2].Text}");
            foreach (RespFrame consumer in client.Call("XINFO", "CONSUMERS", key, "g").Items!)
                lines.Add($"{key} {consumer.Items![1].Text} {consumer.Items![3].Text}");
        }
        return string.Join('\n', lines);
    }
}
