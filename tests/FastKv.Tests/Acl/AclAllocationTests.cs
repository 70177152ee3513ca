using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Acl;

/// <summary>Commands of a user with patterns of keys allocate nothing on the managed heap: the check takes place on the data plane.</summary>
public sealed class AclAllocationTests
{
    private const int Repetitions = 200;
    private const int Rounds = 20;

    /// <summary>What INFO itself may vary by, and the clock of the server; one object in one of the commands would be three times as much.</summary>
    private const long ToleranceBytes = 32 * 1024;

    private static readonly string[] Commands =
    [
        "SET app:{n} value", "GET app:{n}", "SET app:{n} 1 EX 100 GET", "MSET app:{n} a log:{n} b app:x c", "MGET app:{n} shared:{n} app:x", "APPEND log:{n} x",
        "EXISTS log:{n} app:{n}", "BITFIELD app:{n} GET u8 0", "ZADD app:z{n} 1 a", "ZUNION 2 app:z{n} shared:z", "SORT app:l{n} STORE log:s{n}", "PING",
        "XREAD COUNT 1 STREAMS shared:s 0", "OBJECT ENCODING app:{n}", "DEL log:{n} log:s{n} app:z{n}", "MULTI", "SET app:{n} v", "GET app:{n}", "EXEC",
        $"MSET {string.Join(' ', Enumerable.Range(0, 100).Select(i => $"app:{i} v"))}",
    ];

    [Theory]
    [InlineData(1, "+@all ~app:* %R~shared:* %W~log:*")]
    [InlineData(3, "+@all ~app:* %R~shared:* %W~log:*")]
    [InlineData(1, "-@all (+@all ~a?p:* ~log:*) (+@all %R~* %W~* ~x) +select|0")]
    [InlineData(3, "-@all (+@all ~a?p:* ~log:*) (+@all %R~* %W~* ~x) +select|0")]
    public void Checks_allocate_nothing(int shards, string rules)
    {
        using var server = ManagedAllocations.Start(shards);
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call(["ACL", "SETUSER", "u", "on", "nopass", .. rules.Split(' ')]).Text);
        Assert.Equal("OK", client.Call("AUTH", "u", "x").Text);
        foreach (string command in Commands)
            Assert.False(client.Call(ManagedAllocations.Words(command, 0)).IsError, command);

        byte[] round = ManagedAllocations.Round(Commands, Repetitions);
        int count = Repetitions * Commands.Length;
        void Load()
        {
            for (int i = 0; i < Rounds; i++)
                client.Pipeline(round, count);
        }

        Load();
        long allocated = ManagedAllocations.While(client, Load);
        Assert.True(allocated <= ToleranceBytes, $"{allocated} bytes over {Rounds * count} commands");
    }
}
