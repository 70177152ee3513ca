using System.Globalization;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Large values that change, go, come back and are renamed while a snapshot is under way: what a server loads from the file is what there was when the
/// snapshot began, whoever loads it. The debug heap finds what is not freed, or freed twice.
/// </summary>
public sealed class FrozenValueTests
{
    private const int Elements = 12_000;
    private const int PerCommand = 500;
    private const int Burst = 250;
    private const string Save = "BGSAVE";
    private const string Rewrite = "BGREWRITEAOF";

    /// <summary>Errors that no state of the data explains.</summary>
    private static readonly string[] s_mistakes = ["unknown command", "wrong number", "syntax error", "not an integer", "Invalid stream ID"];

    private static readonly string[] s_types = ["h", "s", "z", "l", "x", "e"];

    [Theory]
    [InlineData(1, 1, Save)]
    [InlineData(2, 1, Save)]
    [InlineData(3, 3, Save)]
    [InlineData(4, 1, Save)]
    [InlineData(1, 1, Rewrite)]
    [InlineData(2, 1, Rewrite)]
    [InlineData(3, 3, Rewrite)]
    [InlineData(4, 1, Rewrite)]
    [InlineData(5, 2, Rewrite)]
    public void A_save_has_large_values_as_they_were_at_its_instant(int seed, int shards, string command)
    {
        using var folder = new TemporaryFolder();
        string digest;
        string[] images;
        using (var server = new FastKvProcess(shards, Options(folder, command)))
        {
            using RespClient client = server.Connect();
            Fill(client, "a");
            Fill(client, "b");
            Fill(client, "c");
            digest = client.Call("DEBUG", "DIGEST").Text;
            images = StreamImages(client);
            ChangeDuringSave(client, seed, command);
            Assert.Contains("rdb_last_bgsave_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
            Assert.True(FrozenValues(client) >= 6, "values were frozen");
            Assert.NotEqual(digest, client.Call("DEBUG", "DIGEST").Text);
            RemoveExpired(client);

            // What the snapshot has done to the values has left them sound: all that is there can be read, and saved again.
            if (command == Save)
                File.Copy(Path.Combine(folder.Path, "dump.rdb"), Path.Combine(folder.Path, "kept.rdb"));
            string later = client.Call("DEBUG", "DIGEST").Text;
            Assert.Equal("OK", client.Call("DEBUG", "RELOAD").Text);
            Assert.Equal(later, client.Call("DEBUG", "DIGEST").Text);
            Assert.Equal(0, server.Stop());
        }
        if (command == Rewrite)
        {
            using var alone = new BaseAlone(Path.Combine(folder.Path, "appendonlydir"));
            var (found, foundImages) = alone.Loaded(isFastKv: true, shards, client => (client.Call("DEBUG", "DIGEST").Text, StreamImages(client)));
            Assert.Equal(digest, found);
            Assert.Equal(images, foundImages);
            return;
        }
        File.Move(Path.Combine(folder.Path, "kept.rdb"), Path.Combine(folder.Path, "dump.rdb"), overwrite: true);
        using (var server = new FastKvProcess(shards, "--dir", folder.Path))
        {
            using RespClient client = server.Connect();
            Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
            Assert.Equal(images, StreamImages(client));
            Assert.Equal(0, server.Stop());
        }
    }

    [Theory]
    [InlineData(1, Save)]
    [InlineData(2, Save)]
    [InlineData(1, Rewrite)]
    [InlineData(2, Rewrite)]
    public void A_save_that_is_given_up_leaves_nothing_behind(int seed, string command)
    {
        using var folder = new TemporaryFolder();
        using var server = new FastKvProcess(1, Options(folder, command));
        using RespClient client = server.Connect();
        Fill(client, "a");
        Fill(client, "b");
        var random = new Random(seed);
        Assert.False(client.Call(command).IsError);
        Send(client, Enumerable.Range(0, Burst).Select(_ => Change(random, "ab")));

        // FLUSHALL ends the background save (FlushAllTests), and frozen values with it; a rewrite is given up when the log is turned off.
        if (command == Rewrite)
            Assert.Equal("OK", client.Call("CONFIG", "SET", "appendonly", "no").Text);
        Assert.Equal("OK", client.Call("FLUSHALL").Text);
        Fill(client, "a");
        AwaitSave(client);
        string digest = client.Call("DEBUG", "DIGEST").Text;
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
        Assert.False(client.Call(command).IsError);
        Send(client, Enumerable.Range(0, Burst).Select(_ => Change(random, "a")));
        Assert.Equal(0, server.Stop());
    }

    [Fact]
    public void Redis_loads_a_save_whose_values_changed_meanwhile()
    {
        using var folder = new TemporaryFolder();
        string[] keys = [.. s_types.SelectMany(type => (string[])["{k}" + type + "a", "{k}" + type + "b"])];
        string digests;
        using (var server = new FastKvProcess(1, "--dir", folder.Path))
        {
            using RespClient client = server.Connect();
            Fill(client, "a", withFieldTimes: false);
            Fill(client, "b", withFieldTimes: false);
            digests = client.Call(["DEBUG", "DIGEST-VALUE", .. keys]).ToString()!;
            ChangeDuringSave(client, seed: 7, Save);
            File.Copy(Path.Combine(folder.Path, "dump.rdb"), Path.Combine(folder.Path, "kept.rdb"));
            Assert.Equal(0, server.Stop());
        }
        using var redis = new RedisServerProcess("--dir", folder.Path, "--dbfilename", "kept.rdb");
        using RespClient reader = redis.Connect();

        // DEBUG is answered while redis-server still loads.
        while (reader.Call("PING").IsError)
            Thread.Sleep(10);
        Assert.Equal(digests, reader.Call(["DEBUG", "DIGEST-VALUE", .. keys]).ToString());
        Assert.Equal(keys.Length.ToString(CultureInfo.InvariantCulture), reader.Call("DBSIZE").Text);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void Redis_loads_a_base_of_commands_whose_values_changed_meanwhile(int seed)
    {
        using var folder = new TemporaryFolder();
        string digest;
        using (var server = new FastKvProcess(1, Options(folder, Rewrite)))
        {
            using RespClient client = server.Connect();
            Fill(client, "a", withFieldTimes: false);
            Fill(client, "b", withFieldTimes: false);
            digest = client.Call("DEBUG", "DIGEST").Text;
            ChangeDuringSave(client, seed, Rewrite);
            Assert.Equal(0, server.Stop());
        }
        using var alone = new BaseAlone(Path.Combine(folder.Path, "appendonlydir"));
        Assert.Equal(digest, alone.Loaded(isFastKv: false, 1, DataComparison.DigestOf));
    }

    private static string[] Options(TemporaryFolder folder, string command) =>
        command == Save ? ["--dir", folder.Path]
        : ["--dir", folder.Path, "--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--auto-aof-rewrite-percentage", "0"];

    private static void ChangeDuringSave(RespClient client, int seed, string command)
    {
        var random = new Random(seed);
        const int burstsMin = 4;
        byte[][] first = [RespClient.Encode(command), .. Enumerable.Range(0, Burst).Select(_ => RespClient.Encode(Change(random, "ab")))];
        Assert.False(client.Pipeline([.. first.SelectMany(c => c)], first.Length)[0].IsError);
        for (int i = 0; i < burstsMin || IsSaving(client); i++)
            Send(client, Enumerable.Range(0, Burst).Select(_ => Change(random, i == 0 ? "abc" : "ab")));
        AwaitSave(client);
        BaseAlone.Await(client);
    }

    /// <summary>A digest has keys that have expired and have not been noticed, a file has not.</summary>
    private static void RemoveExpired(RespClient client)
    {
        string[] keys = [.. s_types.SelectMany(type => (string[])["{k}" + type + "a", "{k}" + type + "b", "{k}" + type + "c"])];
        foreach (string database in (string[])["1", "0"])
        {
            Assert.Equal("OK", client.Call("SELECT", database).Text);
            Patience.Until(() => keys.All(key => client.Call("PTTL", key).Integer is < 0 or > 1000), "the keys do not expire");
            Assert.False(client.Call(["EXISTS", .. keys]).IsError);
        }
    }

    private static void Send(RespClient client, IEnumerable<string[]> commands)
    {
        string[][] all = [.. commands];
        RespFrame[] replies = client.Pipeline([.. all.SelectMany(RespClient.Encode)], all.Length);
        for (int i = 0; i < all.Length; i++)
            Assert.False(replies[i].IsError && s_mistakes.Any(m => replies[i].Text.Contains(m, StringComparison.Ordinal)),
                $"{string.Join(' ', all[i])}: {replies[i].Text}");
    }

    private static string[] Change(Random random, string sets)
    {
        // All keys of a test live in one slot, so that those of a command may.
        char set = sets[random.Next(sets.Length)];
        string type = s_types[random.Next(s_types.Length)];
        string key = $"{{k}}{type}{set}";
        string other = $"{{k}}{s_types[random.Next(s_types.Length)]}{sets[random.Next(sets.Length)]}";
        string element = Name(random.Next(Elements + (Elements / 10)));
        string number = random.Next(100_000).ToString(CultureInfo.InvariantCulture);
        if (random.Next(120) == 0)
        {
            return random.Next(8) switch
            {
                0 => ["DEL", key],
                1 => ["UNLINK", key],
                2 => ["SET", key, "x"],
                3 => ["RENAME", key, other],
                4 => ["PEXPIRE", key, "1"],
                5 => ["COPY", key, other, "REPLACE"],
                6 => ["EXPIRE", key, "10000"],
                _ => ["MOVE", key, "1"],
            };
        }
        return type switch
        {
            "h" or "e" => random.Next(6) switch
            {
                0 => ["HSET", key, element, number],
                1 => ["HDEL", key, element, Name(random.Next(Elements))],
                2 => ["HSET", key, "new" + number, number, element, element + element + element],
                3 => ["HINCRBY", key, "n" + number, "1"],
                4 => ["HPERSIST", key, "FIELDS", "1", element],
                _ => ["HDEL", key, "new" + number],
            },
            "s" => random.Next(6) switch
            {
                0 => ["SADD", key, element, "new" + number],
                1 => ["SREM", key, element, "new" + number],
                2 => ["SPOP", key, random.Next(1, 20).ToString(CultureInfo.InvariantCulture)],
                3 => ["SMOVE", key, "{k}s" + sets[0], element],
                4 when random.Next(20) == 0 => ["SUNIONSTORE", key, key, "{k}s" + sets[0]],
                5 when random.Next(20) == 0 => ["SDIFFSTORE", key, key, "{k}s" + sets[0]],
                _ => ["SADD", key, number],
            },
            "z" => random.Next(7) switch
            {
                0 => ["ZADD", key, number, element],
                1 => ["ZINCRBY", key, "-77", element],
                2 => ["ZREM", key, element],
                3 => ["ZPOPMIN", key, random.Next(1, 20).ToString(CultureInfo.InvariantCulture)],
                4 => ["ZPOPMAX", key, random.Next(1, 20).ToString(CultureInfo.InvariantCulture)],
                5 => ["ZREMRANGEBYRANK", key, number, (int.Parse(number, CultureInfo.InvariantCulture) + 30).ToString(CultureInfo.InvariantCulture)],
                _ => ["ZADD", key, number, "new" + number, "5", element],
            },
            "l" => random.Next(9) switch
            {
                0 => ["LPUSH", key, element, number],
                1 => ["RPUSH", key, element, element],
                2 => ["LPOP", key, random.Next(1, 60).ToString(CultureInfo.InvariantCulture)],
                3 => ["RPOP", key, random.Next(1, 60).ToString(CultureInfo.InvariantCulture)],
                4 => ["LSET", key, random.Next(500).ToString(CultureInfo.InvariantCulture), element + number + element],
                5 => ["LINSERT", key, "BEFORE", element, number],
                6 => ["LREM", key, random.Next(-3, 3).ToString(CultureInfo.InvariantCulture), element],
                7 => ["LTRIM", key, random.Next(40).ToString(CultureInfo.InvariantCulture), (-random.Next(1, 40)).ToString(CultureInfo.InvariantCulture)],
                _ => ["LMOVE", key, "{k}l" + sets[0], "LEFT", "RIGHT"],
            },
            _ => random.Next(9) switch
            {
                0 or 1 => ["XADD", key, "*", "f", element],
                2 => ["XDEL", key, $"{random.Next(1, Elements)}-1", $"{random.Next(1, Elements)}-1"],
                3 => ["XTRIM", key, "MAXLEN", (Elements - random.Next(Elements / 2)).ToString(CultureInfo.InvariantCulture)],
                4 => ["XREADGROUP", "GROUP", "g", "c" + random.Next(5), "COUNT", "5", "STREAMS", key, ">"],
                5 => ["XACK", key, "g", $"{random.Next(1, 200)}-1"],
                6 => ["XTRIM", key, "MINID", "~", random.Next(Elements).ToString(CultureInfo.InvariantCulture)],
                7 => ["XCLAIM", key, "g", "d", "0", $"{random.Next(1, 200)}-1"],
                _ => ["XADD", key, "MAXLEN", "~", Elements.ToString(CultureInfo.InvariantCulture), "*", "f", number],
            },
        };
    }

    private static void Fill(RespClient client, string set, bool withFieldTimes = true)
    {
        var commands = new List<string[]>();
        for (int from = 0; from < Elements; from += PerCommand)
        {
            string[] names = [.. Enumerable.Range(from, PerCommand).Select(Name)];
            commands.Add(["HSET", "{k}h" + set, .. names.SelectMany(n => (string[])[n, n + set])]);
            commands.Add(["HSET", "{k}e" + set, .. names.SelectMany(n => (string[])[n, set])]);
            if (withFieldTimes)
                commands.Add(["HPEXPIRE", "{k}e" + set, "100000000", "FIELDS", "10", .. names.Take(10)]);
            commands.Add(["SADD", "{k}s" + set, .. names.Select(n => n + set)]);
            commands.Add(["SADD", "{k}s" + set, .. names]);
            commands.Add(["ZADD", "{k}z" + set, .. names.SelectMany((n, i) => (string[])[((from + i) % 500).ToString(CultureInfo.InvariantCulture), n])]);
            commands.Add(["RPUSH", "{k}l" + set, .. names.Select(n => n + n + set)]);
        }
        for (int i = 1; i <= Elements; i++)
            commands.Add(["XADD", "{k}x" + set, $"{i}-1", "f", Name(i)]);
        commands.Add(["XGROUP", "CREATE", "{k}x" + set, "g", "0"]);
        commands.Add(["XREADGROUP", "GROUP", "g", "c0", "COUNT", "150", "STREAMS", "{k}x" + set, ">"]);
        Send(client, commands);
    }

    private static string Name(int index) => $"element:{index * 7919 % 99991}";

    private static string[] StreamImages(RespClient client) =>
        [.. "abc".SelectMany(set => (string[])["XPENDING {k}x" + set + " g", "XINFO GROUPS {k}x" + set]).Select(c => client.Call(c.Split(' ')).ToString()!)];

    private static long FrozenValues(RespClient client) => client.Call("INFO", "runtime").Text.Split([',', '\r', '\n'])
        .Where(part => part.StartsWith("frozen_values=", StringComparison.Ordinal)).Sum(part => long.Parse(part.AsSpan("frozen_values=".Length), CultureInfo.InvariantCulture));

    private static bool IsSaving(RespClient client) =>
        client.Call("INFO", "persistence").Text is { } state
        && (state.Contains("rdb_bgsave_in_progress:1", StringComparison.Ordinal) || state.Contains("aof_rewrite_in_progress:1", StringComparison.Ordinal));

    private static void AwaitSave(RespClient client)
    {
        while (IsSaving(client))
            Thread.Sleep(10);
    }
}
