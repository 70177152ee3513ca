using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Streams;

/// <summary>What stream commands tell the append-only file: read back, it makes the same stream and the same groups, to the last counter.</summary>
public sealed class StreamJournalTests
{
    private const string Nodes = "CONFIG SET stream-node-max-entries ";

    /// <summary>Name and commands.</summary>
    public static TheoryData<string, string> Cases => new()
    {
        { "approximate length with ACKED", $"{Nodes}10|fill 40|XGROUP CREATE s g 0|XREADGROUP GROUP g c COUNT 30 STREAMS s >|XACK s g 1-1 2-1 11-1 12-1|"
            + "XTRIM s MAXLEN ~ 5 ACKED" },
        { "approximate ID with ACKED and a limit", $"{Nodes}10|fill 40|XGROUP CREATE s g 0|XREADGROUP GROUP g c COUNT 30 STREAMS s >|XACK s g 1-1 2-1 11-1 12-1|"
            + "XTRIM s MINID ~ 38 LIMIT 12 ACKED" },
        { "added with ACKED", $"{Nodes}10|fill 40|XGROUP CREATE s g 0|XREADGROUP GROUP g c COUNT 30 STREAMS s >|XACK s g 1-1 2-1 11-1 12-1|"
            + "XADD s ACKED MAXLEN ~ 5 * a b|XADD s MINID ~ 20 ACKED 9999999999999999-* a b|XADD s ACKED MAXLEN ~ 100 9999999999999999-9 a b" },
        { "all up to the largest ID", "XADD s 1-1 a b|XADD s 18446744073709551615-18446744073709551615 a b|XTRIM s MAXLEN 0 ACKED" },
        { "references to what was deleted before", "fill 3|XGROUP CREATE s g 0|XREADGROUP GROUP g c STREAMS s >|XDEL s 1-1|XDELEX s DELREF IDS 1 1-1" },
        { "XACKDEL that deletes nothing", "fill 3|XGROUP CREATE s g 0|XGROUP CREATE s h 0|XREADGROUP GROUP g c STREAMS s >|XACKDEL s g ACKED IDS 2 1-1 2-1" },
        { "XCLAIM that claims nothing", "fill 9|XGROUP CREATE s g 0|XCLAIM s g c 0 77-1 LASTID 5-1" },
        { "XCLAIM with a last ID", "fill 9|XGROUP CREATE s g 0|XREADGROUP GROUP g c COUNT 2 STREAMS s >|XCLAIM s g d 0 1-1 LASTID 5-1" },
        { "entries read", "fill 9|XGROUP CREATE s g 0|XREADGROUP GROUP g c COUNT 2 STREAMS s >|XREADGROUP GROUP g d COUNT 3 STREAMS s >" },
        { "entries read behind what was deleted", "fill 9|XGROUP CREATE s g 0|XDEL s 4-1|XREADGROUP GROUP g c COUNT 2 STREAMS s >|"
            + "XREADGROUP GROUP g d COUNT 3 STREAMS s >" },
        { "entries read by a group from the midst", "fill 9|XGROUP CREATE s g 5-1|XREADGROUP GROUP g c COUNT 2 STREAMS s >|XREADGROUP GROUP g c STREAMS s >" },
        { "entries read without acknowledgement", "fill 9|XGROUP CREATE s g 0|XREADGROUP GROUP g c COUNT 2 NOACK STREAMS s >" },
        { "claimed by reading", "fill 9|XGROUP CREATE s g 0|XREADGROUP GROUP g c COUNT 4 STREAMS s >|XCLAIM s g c 0 2-1 3-1 IDLE 50000 JUSTID|"
            + "XREADGROUP GROUP g d COUNT 3 CLAIM 10000 STREAMS s >|XCLAIM s g c 0 4-1 IDLE 50000|XREADGROUP GROUP g e COUNT 1 CLAIM 10000 NOACK STREAMS s >" },
        { "claimed by a new consumer that gets nothing new", "fill 2|XGROUP CREATE s g 0|XREADGROUP GROUP g c STREAMS s >|"
            + "XREADGROUP GROUP g d CLAIM 0 NOACK STREAMS s >" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_file_makes_the_same_again(string name, string commands)
    {
        if (TestEnvironment.StandIn)
            return;
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", "2", "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        string changes = "";
        foreach (string command in commands.Split('|'))
        {
            changes = Changes(client);
            if (command.StartsWith("fill ", StringComparison.Ordinal))
            {
                for (int i = 1; i <= int.Parse(command[5..]); i++)
                    Assert.Equal($"{i}-1", client.Call("XADD", "s", $"{i}-1", "f", $"{i}").Text);
                continue;
            }
            RespFrame reply = client.Call(command.Split(' '));
            Assert.False(reply.IsError, $"{name}: {command}: {reply}");
            Assert.True(command.StartsWith("CONFIG", StringComparison.Ordinal) || Changes(client) != changes, $"{name}: {command} has not counted as a change");
        }
        DataImage before = DataImage.Of(client, hasFieldTimes: true);
        Assert.Equal(1, before.Keys);
        client.Call("DEBUG", "LOADAOF");
        Assert.Equal("", DataImage.Of(client, hasFieldTimes: true).DifferenceFrom(before));
    }

    /// <summary>How far an exact trim with ACKED goes depends on the blocks, which are not the same again.</summary>
    [Fact]
    public void An_exact_length_with_ACKED_means_the_same_in_other_blocks()
    {
        if (TestEnvironment.StandIn)
            return;
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        client.Call("CONFIG", "SET", "stream-node-max-entries", "10");
        for (int i = 1; i <= 40; i++)
            client.Call("XADD", "s", $"{i}-1", "f", $"{i}");
        client.Call("XGROUP", "CREATE", "s", "g", "0");
        client.Call("XREADGROUP", "GROUP", "g", "c", "COUNT", "30", "STREAMS", "s", ">");
        client.Call("XACK", "s", "g", "1-1", "2-1", "11-1", "12-1");
        Assert.True(client.Call("XTRIM", "s", "MAXLEN", "36", "ACKED").Integer > 0);
        string before = client.Call("XRANGE", "s", "-", "+").ToString();
        client.Call("CONFIG", "SET", "stream-node-max-entries", "100");
        client.Call("DEBUG", "LOADAOF");
        Assert.Equal(before, client.Call("XRANGE", "s", "-", "+").ToString());
    }

    private static string Changes(RespClient client) =>
        client.Call("INFO", "persistence").Text.Split("\r\n").Single(line => line.StartsWith("rdb_changes_since_last_save", StringComparison.Ordinal));
}
