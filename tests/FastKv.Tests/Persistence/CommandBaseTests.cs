using System.Diagnostics;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Rewrites with <c>aof-use-rdb-preamble no</c>: clients are served while the base is being written, it is of the instant at which it began, and it is what
/// redis-server and redis-check-aof take.
/// </summary>
public sealed class CommandBaseTests
{
    private const string Options = "appendonly yes\nappendfsync everysec\nauto-aof-rewrite-percentage 0\naof-use-rdb-preamble no";
    private const string Base = "temp-rewriteaof";
    private const int Small = 3000;
    private const int Elements = 3000;
    private const int Ballast = 400;
    private const int BallastBytes = 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Writes_go_on_while_the_base_is_held(int shards)
    {
        using var server = new FailingServer(shards, Options);
        using RespClient client = server.Connect();
        var random = new Random(shards);
        Fill(client);
        string before = Digest(client);
        var gate = server.Hold(Base);
        Assert.StartsWith("Background", client.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
        server.AwaitPause();
        Change(client, random);
        Assert.Contains("aof_rewrite_in_progress:1\r\n", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        string during = Digest(client);
        Assert.NotEqual(before, during);

        // A crash finds the base before and all increments.
        Assert.Equal("1", client.Call("WAITAOF", "1", "0", "0").Items![0].Text);
        Assert.Equal(during, server.Restarted(Digest));
        gate.Set();
        BaseAlone.Await(client);
        Change(client, random);
        string after = Digest(client);
        Assert.Equal("1", client.Call("WAITAOF", "1", "0", "0").Items![0].Text);
        Assert.Equal(after, server.Restarted(Digest));
        using var alone = new BaseAlone(server.Directory);
        Assert.Equal(before, alone.Loaded(isFastKv: true, shards, Digest));
        Assert.Equal(before, alone.Loaded(isFastKv: false, shards, Digest));
    }

    /// <summary>CONFIG SET appendonly yes: the first base, too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Writes_go_on_while_the_first_base_is_held(int shards)
    {
        using var server = new FailingServer(shards, Options.Replace("appendonly yes", "appendonly no", StringComparison.Ordinal));
        using RespClient client = server.Connect();
        var random = new Random(shards);
        Fill(client);
        string before = Digest(client);
        var gate = server.Hold(Base);
        Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "yes").Text);
        server.AwaitPause();
        Change(client, random);
        Assert.Contains("aof_rewrite_in_progress:1\r\n", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        gate.Set();
        BaseAlone.Await(client);
        string after = Digest(client);
        Assert.Equal("1", client.Call("WAITAOF", "1", "0", "0").Items![0].Text);
        Assert.Equal(after, server.Restarted(Digest));
        using var alone = new BaseAlone(server.Directory);
        Assert.Equal(before, alone.Loaded(isFastKv: true, shards, Digest));
    }

    /// <summary>Texts that are written in pieces, many elements, keys and fields that expire, streams with and without entries.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_base_has_all_of_large_values(int shards)
    {
        using var server = new FailingServer(shards, Options);
        using RespClient client = server.Connect();
        foreach (int bytes in (int[])[65_535, 65_536, 65_537, 3_000_000])
        {
            byte[] text = new byte[bytes];
            new Random(bytes).NextBytes(text);
            byte[][] key = [.. "sltzhk".Select(kind => Bytes($"{kind}{bytes}"))];
            Assert.Equal("OK", client.CallBytes("SET"u8.ToArray(), key[0], text).Text);
            client.CallBytes("RPUSH"u8.ToArray(), key[1], "first"u8.ToArray(), text, "last"u8.ToArray(), text);
            client.CallBytes("SADD"u8.ToArray(), key[2], "small"u8.ToArray(), text);
            client.CallBytes("ZADD"u8.ToArray(), key[3], "1.5"u8.ToArray(), "small"u8.ToArray(), "-inf"u8.ToArray(), text, "7"u8.ToArray(), "z"u8.ToArray());
            client.CallBytes("HSET"u8.ToArray(), key[4], "f"u8.ToArray(), text, "g"u8.ToArray(), "1"u8.ToArray(), text, "short"u8.ToArray());
            client.CallBytes("XADD"u8.ToArray(), key[5], "5-5"u8.ToArray(), "f"u8.ToArray(), text);
            client.CallBytes("PEXPIRE"u8.ToArray(), key[bytes % 6], "100000000"u8.ToArray());
        }
        FillLarge(client);
        Send(client, ["XADD", "empty", "3-1", "f", "v"], ["XDEL", "empty", "3-1"], ["XGROUP", "CREATE", "empty", "g", "2-2", "ENTRIESREAD", "1"], ["SELECT", "9"],
            ["SET", "elsewhere", "1", "EX", "100000"], ["SET", "n", "-12345"], ["SADD", "i", "1", "2", "3"], ["SELECT", "0"]);
        DataImage before = DataImage.Of(client, hasFieldTimes: false);
        client.Call("BGREWRITEAOF");
        BaseAlone.Await(client);
        using (var alone = new BaseAlone(server.Directory))
        {
            Assert.Equal(0, CheckAof(alone.Manifest));
            Assert.Equal("", alone.Loaded(isFastKv: false, shards, reader => DataImage.Of(reader, hasFieldTimes: false)).DifferenceFrom(before));
        }

        // Fields that expire are unknown to Redis 7.0.
        Send(client, ["HSET", "small", "f", "1", "g", "2"], ["HPEXPIRE", "small", "100000000", "FIELDS", "1", "f"], ["HPEXPIRE", "h3000000", "100000000", "FIELDS", "1", "f"],
            ["HPEXPIRE", "h", "100000000", "FIELDS", "3", "f1", "f70", "f2999"]);
        before = DataImage.Of(client, hasFieldTimes: true);
        client.Call("BGREWRITEAOF");
        BaseAlone.Await(client);
        using var withTimes = new BaseAlone(server.Directory);
        Assert.Equal("", withTimes.Loaded(isFastKv: true, shards, reader => DataImage.Of(reader, hasFieldTimes: true)).DifferenceFrom(before));
    }

    private static void Fill(RespClient client)
    {
        var commands = new List<string[]>();
        for (int database = 0; database < 3; database++)
        {
            commands.Add(["SELECT", $"{database}"]);
            for (int i = 0; i < Small; i++)
                commands.Add(["SET", $"s{i}", $"value {i} of {database}"]);
            for (int i = 0; i < 50; i++)
            {
                commands.Add(["RPUSH", $"l{i}", "a", "b", $"{i}"]);
                commands.Add(["HSET", $"h{i}", "f", $"{i}"]);
                commands.Add(["XADD", $"x{i}", "1-1", "f", "v"]);
            }
        }
        Send(client, [.. commands]);

        // Databases are written from the last to the first, and a base that is held pauses at 8 MiB: it is here, with everything else before it.
        client.Call("SELECT", "5");
        byte[] text = new byte[BallastBytes];
        for (int i = 0; i < Ballast; i++)
        {
            new Random(i).NextBytes(text);
            client.CallBytes("SET"u8.ToArray(), Bytes($"ballast{i}"), text);
        }
        client.Call("SELECT", "0");
        FillLarge(client);
    }

    private static void FillLarge(RespClient client)
    {
        int[] numbers = [.. Enumerable.Range(0, Elements)];
        var commands = new List<string[]>
        {
            (string[])["HSET", "h", .. numbers.SelectMany(n => (string[])[$"f{n}", $"value {n}"])],
            (string[])["RPUSH", "l", .. numbers.Select(n => $"element {n}")],
            (string[])["SADD", "t", .. numbers.Select(n => $"member {n}")],
            (string[])["ZADD", "z", .. numbers.SelectMany(n => (string[])[$"{n % 100}.25", $"member {n}"])],
        };
        commands.AddRange(numbers.Select(n => (string[])["XADD", "x", $"{n + 1}-1", "f", $"value {n}", "g", $"{n}"]));
        commands.Add(["XGROUP", "CREATE", "x", "g", "0"]);
        commands.Add(["XGROUP", "CREATE", "x", "none", "$"]);
        commands.Add(["XREADGROUP", "GROUP", "g", "c", "COUNT", "1000", "STREAMS", "x", ">"]);
        commands.Add(["XREADGROUP", "GROUP", "g", "d", "COUNT", "500", "STREAMS", "x", ">"]);
        commands.Add(["XGROUP", "CREATECONSUMER", "x", "g", "idle"]);
        Send(client, [.. commands]);
    }

    private static void Change(RespClient client, Random random)
    {
        string[][] commands = [.. Enumerable.Range(0, 3000).Select(_ => Change(random))];
        Send(client, commands);
        Send(client, ["SELECT", "2"], ["FLUSHDB"], ["SET", "s1", "again"], ["SWAPDB", "1", "2"], ["SELECT", "0"]);
    }

    private static string[] Change(Random random)
    {
        int n = random.Next(Small), m = random.Next(50), e = random.Next(Elements);
        return random.Next(20) switch
        {
            0 => ["SET", $"s{n}", $"{e}"],
            1 => ["DEL", $"s{n}"],
            2 => ["APPEND", $"s{n}", "more"],
            3 => ["MSET", $"s{n}", "1", $"s{(n + 1) % Small}", "2", $"s{(n + 2) % Small}", "3"],
            4 => ["RPUSH", $"l{m}", "new"],
            5 => ["HSET", $"h{m}", "f", "changed", $"g{e}", "1"],
            6 => ["XADD", $"x{m}", "*", "f", "later"],
            7 => ["HSET", "h", $"f{e}", "changed"],
            8 => ["HDEL", "h", $"f{e}"],
            9 => ["LSET", "l", $"{e % 500}", "changed"],
            10 => ["LPOP", "l"],
            11 => ["SADD", "t", $"new {e}"],
            12 => ["SREM", "t", $"member {e}"],
            13 => ["ZADD", "z", $"{e}", $"member {e}"],
            14 => ["ZPOPMAX", "z"],
            15 => ["XADD", "x", "*", "f", "later"],
            16 => ["XDEL", "x", $"{1501 + (e % 1000)}-1"],
            17 => ["XACK", "x", "g", $"{e}-1"],
            18 => ["XCLAIM", "x", "g", "e", "0", $"{1 + (e % 1500)}-1"],
            _ => ["PEXPIRE", $"s{n}", "100000000"],
        };
    }

    private static void Send(RespClient client, params string[][] commands)
    {
        foreach (string[][] batch in commands.Chunk(500))
        {
            RespFrame[] replies = client.Pipeline([.. batch.SelectMany(RespClient.Encode)], batch.Length);
            for (int i = 0; i < batch.Length; i++)
                Assert.False(replies[i].IsError, $"{string.Join(' ', batch[i].Take(5))}: {replies[i].Text}");
        }
    }

    private static int CheckAof(string manifest)
    {
        using var process = Process.Start(new ProcessStartInfo("redis-check-aof", [manifest]) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private static string Digest(RespClient client) => client.Call("DEBUG", "DIGEST").Text;

    private static byte[] Bytes(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
