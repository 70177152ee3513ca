using System.Diagnostics;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>AOF directories move freely between FastKv and redis-server, and what stands in them is what Redis would write.</summary>
public sealed class AofExchangeTests
{
    /// <summary>Every command that has an effect of a form of its own; executed on both servers, one after the other.</summary>
    private static readonly string[] Commands =
    [
        "SET a 1 EX 100000", "SET a 1 PX 5000000 GET", "SET a 1 GET", "SET a 2 XX GET KEEPTTL", "SETEX a 100000 v", "PSETEX a 100000000 v", "GETEX a EX 100000",
        "GETEX a PERSIST", "GETEX a EXAT 1", "SET a v", "GETEX a PXAT 99999999999999", "GETDEL a", "INCRBYFLOAT f 1.5", "EXPIRE f 100000", "EXPIRE f 200000 GT",
        "PEXPIREAT f 99999999999999", "EXPIREAT f 9999999999 XX", "EXPIRE f -1", "SET f 2", "GETSET f 5", "SETNX f 1", "SADD s a", "SPOP s", "SADD s a b",
        "SPOP s 7", "RPUSH l 1 2 3 4 5 6 7 8 9", "BLPOP l 1", "BRPOP l 1", "LMPOP 2 nol l LEFT COUNT 2", "BLMPOP 1 1 l RIGHT", "BLMOVE l m LEFT RIGHT 1",
        "BRPOPLPUSH l m 1", "RPOPLPUSH l m", "LMOVE l m LEFT LEFT", "LPOP l 0", "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g", "ZPOPMIN z", "BZPOPMIN z 1",
        "BZPOPMAX z 1", "ZMPOP 1 z MIN COUNT 2", "BZMPOP 1 1 z MAX", "ZADD z INCR 5 q", "ZINCRBY z 1.5 q", "HSET h a b", "HINCRBYFLOAT h f 1.5", "HINCRBY h g 2",
        "GEOADD g 13.361389 38.115556 P 15.087269 37.502669 C", "GEOSEARCHSTORE gg g FROMLONLAT 15 37 BYRADIUS 300 km", "PFADD hll a b c", "PFMERGE hl2 hll",
        "SORT m STORE sl", "COPY m l2", "RENAME l2 l3", "MOVE l3 1", "XADD x 1-0 f 1", "XADD x 2-0 f 2", "XADD x 3-* f 3", "XADD x MAXLEN 2 4-0 f 4",
        "XGROUP CREATE x g 0", "XGROUP CREATECONSUMER x g c0", "XREADGROUP GROUP g c1 COUNT 1 STREAMS x >", "XREADGROUP GROUP g c2 NOACK STREAMS x >",
        "XCLAIM x g c3 0 3-0", "XAUTOCLAIM x g c4 0 0", "XACK x g 3-0", "XGROUP SETID x g $", "XSETID x 9-1", "XGROUP DELCONSUMER x g c4", "XDEL x 4-0",
        "XADD y 1-0 f 1", "XTRIM y MINID ~ 9-0", "XADD y MAXLEN ~ 0 10-0 f 1", "COPY z z2 DB 2", "DEL nothing", "UNLINK h", "FLUSHDB", "SWAPDB 0 1", "SET k v", "FLUSHALL",
    ];

    [Fact]
    public void Effects_are_those_of_redis_server()
    {
        string ours = EffectsOf(isFastKv: true), theirs = EffectsOf(isFastKv: false);
        Assert.Equal(WithEntriesRead(theirs), ours);
    }

    /// <summary>Since Redis 7.2 a reading that gets its group on tells how many entries the group has read, too.</summary>
    private static string WithEntriesRead(string effects)
    {
        string read = effects.Split('\n').Single(line => line.StartsWith("XCLAIM x g c1 0 3-0", StringComparison.Ordinal));
        return effects.Replace(read, $"MULTI\n{read}\nXGROUP SETID x g 3-0 ENTRIESREAD 3\nEXEC", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "yes")]
    [InlineData(1, "no")]
    [InlineData(3, "yes")]
    [InlineData(3, "no")]
    public void A_directory_is_loaded_by_both(int shards, string preamble)
    {
        string directory = Directory.CreateTempSubdirectory("fastkv-aof-").FullName;
        try
        {
            string[] options = ["--shards", shards.ToString(), "--aof-use-rdb-preamble", preamble, "--enable-debug-command", "yes"];
            string[] redisOptions = ["--aof-use-rdb-preamble", preamble, "--enable-debug-command", "yes"];
            string before;
            using (var server = new AofServer(directory, isFastKv: true, options))
            {
                using (var client = server.Connect())
                {
                    Fill(client, 1);
                    client.Call("FLUSHDB");
                    Fill(client, 2);
                    Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
                    Fill(client, 3);
                    Wait(client, "aof_rewrite_in_progress:0");
                    Fill(client, 4);
                    before = Digest(client);
                    Assert.Equal("OK", client.Call("DEBUG", "LOADAOF").Text);
                    Assert.Equal(before, Digest(client));
                }
                server.Shutdown();
            }
            Assert.Equal(0, Run("redis-check-aof", Path.Combine(directory, "appendonlydir", "appendonly.aof.manifest")));
            using (var redis = new AofServer(directory, isFastKv: false, redisOptions))
            {
                using (var client = redis.Connect())
                {
                    Assert.Equal(before, Digest(client));
                    Fill(client, 5);
                    before = Digest(client);
                }
                redis.Shutdown();
            }
            using (var server = new AofServer(directory, isFastKv: true, [.. options[2..], "--shards", "2"]))
            {
                using var client = server.Connect();
                Assert.Equal(before, Digest(client));
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Fill(RespClient client, int round)
    {
        for (int i = 0; i < 60; i++)
        {
            client.Call("SET", $"s{i}", $"v{round}");
            client.Call("RPUSH", $"l{i}", "a", $"{round}");
            client.Call("LMOVE", $"l{i}", $"l{i + 1}", "LEFT", "RIGHT");
            client.Call("SADD", $"t{i}", $"{i}", $"m{round}");
            client.Call("SMOVE", $"t{i}", $"t{i + 7}", $"{i}");
            client.Call("ZADD", $"z{i}", $"{round}.5", "m", "-inf", $"{i}");
            client.Call("HSET", $"h{i}", "f", $"{round}", $"g{round}", "w");
            client.Call("XADD", $"x{i}", "*", "f", $"{round}");
            client.Call("MSET", $"s{i}", "1", $"s{i + 100}", "2", $"s{i + 200}", $"{round}");
            client.Call("SUNIONSTORE", $"u{i}", $"t{i}", $"t{i + 1}", $"t{i + 2}");
            client.Call("RENAME", $"s{i + 200}", $"r{i}");
            client.Call("PEXPIRE", $"r{i}", "100000000");
            client.Call("MULTI");
            client.Call("INCR", $"c{i}");
            client.Call("INCR", $"d{i + 3}");
            client.Call("EXEC");
        }
    }

    private static string Digest(RespClient client) => client.Call("DEBUG", "DIGEST").Text;

    private static void Wait(RespClient client, string line)
    {
        var watch = Stopwatch.StartNew();
        while (!client.Call("INFO", "persistence").Text.Contains(line, StringComparison.Ordinal))
        {
            Assert.True(watch.ElapsedMilliseconds < 60_000, "still no " + line);
            Thread.Sleep(10);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>What the commands leave in the increment, with times left out; databases are selected within MULTI or before it.</summary>
    private static string EffectsOf(bool isFastKv)
    {
        string directory = Directory.CreateTempSubdirectory("fastkv-aof-").FullName;
        try
        {
            using (var server = new AofServer(directory, isFastKv, isFastKv ? ["--shards", "1"] : []))
            {
                using (var client = server.Connect())
                {
                    foreach (string command in Commands)
                        client.Call(command.Split(' '));
                }
                server.Shutdown();
            }
            byte[] bytes = File.ReadAllBytes(Path.Combine(directory, "appendonlydir", "appendonly.aof.1.incr.aof"));
            var text = new StringBuilder();
            int at = 0;
            while (RespFrame.TryRead(bytes, bytes.Length, ref at) is { } frame)
                text.AppendLine(string.Join(' ', frame.Items!.Select((item, i) => Shown(frame.Items!, item, i))));
            return text.ToString();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // The name in capitals; times within a day from now as such.
    private static string Shown(RespFrame[] command, RespFrame item, int index)
    {
        if (index == 0)
            return item.Text.ToUpperInvariant();
        return long.TryParse(item.Text, out long number) && Math.Abs(number - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) < 1000L * 3600 * 80 ? "<time>" : item.Text;
    }
}
