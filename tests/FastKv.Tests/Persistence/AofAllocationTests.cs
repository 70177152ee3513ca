using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>Telling the journal allocates nothing on the managed heap, nor does writing it.</summary>
public sealed class AofAllocationTests
{
    private const int Repetitions = 100;
    private const int Rounds = 20;

    /// <summary>Pools of tickets and parts still grow now and then; one object per command would be a megabyte.</summary>
    private const long ToleranceBytes = 64 * 1024;

    private static readonly string[] Commands =
    [
        "SET k{n} v", "SET k{n} v EX 1000", "INCRBYFLOAT f{n} 0.5", "EXPIRE k{n} 100", "GETEX k{n} PERSIST", "SADD s{n} a b c d", "SPOP s{n} 2", "RPUSH l{n} a b c",
        "LMOVE l{n} m{n} LEFT RIGHT", "LMPOP 2 l{n} m{n} LEFT", "ZADD z{n} 1 a 2 b", "ZPOPMIN z{n}", "HSET h{n} f v", "HEXPIRE h{n} 100 FIELDS 1 f",
        "HINCRBYFLOAT h{n} g 1.5", "XADD x{n} MAXLEN ~ 10 * f v", "MSET k{n} 1 l{n}x 2 m{n}y 3", "RENAME k{n} q{n}", "COPY q{n} r{n} REPLACE",
        "SUNIONSTORE u{n} s{n} t{n}", "DEL k{n} l{n} m{n} q{n} r{n}",
    ];

    [Theory]
    [InlineData(1, "everysec")]
    [InlineData(3, "everysec")]
    [InlineData(1, "always")]
    [InlineData(3, "always")]
    public void Nothing_is_allocated(int shards, string policy)
    {
        using var server = ManagedAllocations.Start(shards, "--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0");
        using var client = server.Connect();
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
