using System.Globalization;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Long strings, and streams with many pending entries, that change while a snapshot has yet to write them or is in their midst: the file has them as they were,
/// whoever loads it; nothing leaks; and no change has to wait for much.
/// </summary>
public sealed class LargeValueSaveTests
{
    private const int StringBytes = 150_000;
    private const int HeldStringBytes = 12_000_000;
    private const int Pendings = 1500;
    private const int HeldPendings = 60_000;
    private const string Save = "BGSAVE";
    private const string Rewrite = "BGREWRITEAOF";

    // s: bytes that nothing makes shorter, t: a text; p: passes for a HyperLogLog; x: a stream with a group whose entries are pending.
    // # is the change's number, @ a text nearly as long as the value. A command after | is one more of the same change.
    private static readonly string[] s_changes =
    [
        "SET s# short", "SET s# @", "SET t# @", "SET s# 12345", "SETEX s# 10000 @", "GETSET s# @", "GETDEL s#", "DEL s#", "UNLINK t#", "DELEX s#",
        "MSET s# short other# @", "PEXPIRE s# 1", "PEXPIREAT t# 1", "GETEX s# PXAT 1", "EXPIRE s# 10000", "EXPIRE s# 10000|SETRANGE s# 70000 x",
        "EXPIRE s# 10000|PERSIST s#|SETRANGE s# 70000 x",
        "APPEND s# x", "APPEND s# @", "APPEND t# @|APPEND t# x", "SETRANGE s# 0 x", "SETRANGE s# 4090 across-pages", "SETRANGE t# 70000 @",
        "SETRANGE s# 149999 beyond-the-end", "SETRANGE s# 900000 far", "SETRANGE s# 1 @|SETRANGE s# 1 x", "SETBIT s# 800001 1|SETBIT s# 800001 0|SETBIT s# 800002 1",
        "SETBIT s# 1199999 0|SETBIT s# 1199999 1", "SETBIT t# 9000000 1", "BITFIELD s# SET u8 #70000 0 INCRBY u8 #70000 7 SET i64 32764 -1 SET u8 900000 77",
        "BITFIELD t# SET u63 1199900 5", "BITOP NOT s# s#", "BITOP AND s# t# s#", "PFADD p# a b c d e f g h",
        "RENAME s# o#", "RENAME s# o#|SETRANGE o# 5 x|DEL o#", "RENAME s# t#", "SET o# x|RENAME o# s#", "COPY s# t# REPLACE", "COPY s# o#|SETRANGE s# 5 x",
        "MOVE s# 1", "MOVE s# 1|SELECT 1|SETRANGE s# 5 x|DEL s#|SELECT 0", "RPUSH o# 2 1|SORT o# STORE s#", "SETRANGE s# 5 x|SET s# @|APPEND s# x|DEL s#|SET s# @",
        "APPEND s# @|SETRANGE s# 70000 x|APPEND s# @|SET s# @|SET s# 1",
        "XACK x# g 3-1 5-1 1500-1", "XADD x# * f v", "XADD x# * f v|XREADGROUP GROUP g c STREAMS x# >", "XREADGROUP GROUP g c COUNT 700 STREAMS x# 0",
        "XCLAIM x# g d 0 3-1 4-1 5-1", "XCLAIM x# g d 0 3-1|XCLAIM x# g c 0 3-1", "XCLAIM x# g d 0 3-1|XACK x# g 3-1", "XCLAIM x# g new 0 3-1 RETRYCOUNT 9",
        "XAUTOCLAIM x# g d 0 0 COUNT 200", "XDEL x# 3-1|XCLAIM x# g d 0 3-1", "XACK x# g 3-1|XCLAIM x# g d 0 3-1 FORCE", "XACK x# g 3-1|XGROUP SETID x# g 2-1|XREADGROUP GROUP g d COUNT 1 STREAMS x# >",
        "XGROUP SETID x# g 0|XREADGROUP GROUP g d COUNT 200 STREAMS x# >", "XACK x# g 3-1|XCLAIM x# g d 0 3-1 FORCE|XACK x# g 3-1|XCLAIM x# g c 0 3-1 FORCE",
        "XGROUP DELCONSUMER x# g c", "XGROUP DELCONSUMER x# g c|XGROUP CREATECONSUMER x# g c|XREADGROUP GROUP g c COUNT 50 STREAMS x# >", "XGROUP DESTROY x# g",
        "XGROUP DESTROY x# g|XGROUP CREATE x# g 0|XREADGROUP GROUP g c COUNT 100 STREAMS x# >|XGROUP DESTROY x# g|XGROUP CREATE x# g 7-1",
        "XACK x# g 3-1|XGROUP DESTROY x# g|XGROUP DESTROY x# h", "XTRIM x# MAXLEN 5|XACK x# g 2-1", "XACKDEL x# g DELREF IDS 2 3-1 5-1", "XDELEX x# DELREF IDS 1 4-1",
        "DEL x#", "XACK x# g 3-1|UNLINK x#", "RENAME x# o#|XACK o# g 3-1", "COPY x# o#|XACK x# g 3-1|XACK o# g 4-1|DEL x#", "SET x# y", "XACK x# g 3-1|PEXPIREAT x# 1",
        "XSETID x# 99999-1|XACK x# g 3-1",
    ];

    [Theory]
    [InlineData("yes", Save)]
    [InlineData("no", Save)]
    [InlineData("no", Rewrite)]
    public void Whatever_changes_large_values_behind_a_save_is_not_in_it(string compression, string save)
    {
        // The save goes on meanwhile: how many it has not written when their changes come depends on the machine.
        long frozen = 0;
        Patience.Until(() => (frozen = FrozenByChanges(compression, save)) >= s_changes.Length / 4, () => $"{frozen} values were frozen");
    }

    private static long FrozenByChanges(string compression, string save)
    {
        long frozen;
        using var folder = new TemporaryFolder();
        string kept = Path.Combine(folder.Path, "kept.rdb");
        Dictionary<string, string> before, beforeForRedis;
        using (var server = Server(save, $"rdbcompression {compression}"))
        {
            using RespClient client = server.Connect();
            for (int i = 0; i < s_changes.Length; i++)
            {
                foreach (char kind in "stpx".Where(kind => s_changes[i].Contains($" {kind}#", StringComparison.Ordinal)))
                    Fill(client, kind, $"{kind}{i}", StringBytes, Pendings);
            }
            before = Image(client, isRedis: false, save);
            beforeForRedis = Image(client, isRedis: true, save);
            byte[][] commands = [RespClient.Encode(save), .. s_changes.SelectMany((change, number) => Commands(change, $"{number}", StringBytes))];
            RespFrame[] replies = client.Pipeline([.. commands.SelectMany(command => command)], commands.Length);
            Assert.False(replies[0].IsError);
            Assert.DoesNotContain(replies, r => r.IsError);
            AwaitEnd(client);
            frozen = server.FrozenTotal;
            Assert.NotEqual("", Difference(before, Image(client, isRedis: false, save)));
            if (save == Rewrite)
            {
                using var alone = new BaseAlone(server.Folder);
                Assert.Equal("", Difference(before, alone.Loaded(isFastKv: true, 1, loaded => Image(loaded, isRedis: false, save))));
                Assert.Equal("", Difference(beforeForRedis, alone.Loaded(isFastKv: false, 1, loaded => Image(loaded, isRedis: true, save))));
                return frozen;
            }
            File.Copy(server.File, kept);
            Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
            Assert.Equal("", Difference(before, Image(client, isRedis: false, save)));
        }
        using var redis = new RedisServerProcess("--dir", folder.Path, "--dbfilename", "kept.rdb");
        using RespClient reader = redis.Connect();
        while (reader.Call("PING").IsError)
            Thread.Sleep(10);
        Assert.Equal("", Difference(beforeForRedis, Image(reader, isRedis: true, save)));
        return frozen;
    }

    [Theory]
    [InlineData(1, Save)]
    [InlineData(2, Save)]
    [InlineData(1, Rewrite)]
    [InlineData(2, Rewrite)]
    public void A_held_save_has_long_strings_as_they_were(int seed, string save)
    {
        using var server = Server(save);
        using RespClient client = server.Connect();
        var random = new Random(seed);
        string[] endings = ["SET # x", "SET # @", "DEL #", "APPEND # @", "RENAME # other", "PEXPIREAT # 1"];
        foreach (string ending in endings)
        {
            Fill(client, 's', "a", HeldStringBytes, 0);
            Fill(client, 's', "b", HeldStringBytes, 0);
            var before = Image(client, isRedis: false, save);
            long used = server.UsedBytes, preserved = server.PreservedBytes;
            int changes = random.Next(20, 60);
            server.Hold();
            Assert.False(client.Call(save).IsError);
            server.AwaitPause();
            foreach (string key in (string[])["a", "b"])
            {
                for (int i = 0; i < changes; i++)
                    Assert.False(client.Call(Change(random, key)).IsError);
                Send(client, Commands(ending.Replace('#', '*').Replace("*", key, StringComparison.Ordinal), "", HeldStringBytes));
            }

            // Each change overwrites two bytes, perhaps of two pages, or appends.
            Assert.InRange(server.PreservedBytes - preserved, 1, 2L * changes * 2 * 4096);
            server.LetGo();
            AwaitEnd(client);
            AssertSaved(server, client, before, save);
            if (save == Save)
                Assert.InRange(server.UsedBytes, used - 1_000_000, used + 1_000_000);
            Assert.Equal("OK", client.Call("FLUSHALL").Text);
        }

        static string[] Change(Random random, string key) => random.Next(4) switch
        {
            0 => ["APPEND", key, "tail"],
            1 => ["SETBIT", key, random.Next(HeldStringBytes * 8).ToString(CultureInfo.InvariantCulture), "1"],
            2 => ["BITFIELD", key, "SET", "u8", random.Next(HeldStringBytes * 8).ToString(CultureInfo.InvariantCulture), "77"],
            _ => ["SETRANGE", key, random.Next(HeldStringBytes).ToString(CultureInfo.InvariantCulture), "xy"],
        };
    }

    [Theory]
    [InlineData(1, 8_300_000, Save)]
    [InlineData(2, 8_000_000, Save)]
    [InlineData(3, 7_500_000, Save)]
    [InlineData(4, 6_600_000, Save)]
    [InlineData(5, 6_200_000, Save)]
    [InlineData(1, 8_300_000, Rewrite)]
    [InlineData(2, 7_000_000, Rewrite)]
    [InlineData(3, 5_500_000, Rewrite)]
    [InlineData(4, 2_000_000, Rewrite)]
    [InlineData(5, 100_000, Rewrite)]
    public void A_held_save_has_pending_entries_as_they_were(int seed, int bytesBefore, string save)
    {
        using var server = Server(save);
        using RespClient client = server.Connect();
        var random = new Random(seed);
        Fill(client, 'x', "a", 0, HeldPendings);
        Fill(client, 'x', "b", 0, HeldPendings);

        // What is pending and not in the stream any more is in no AOF, as with Redis.
        if (save == Save)
            Send(client, [RespClient.Encode("XTRIM", "a", "MAXLEN", "5000"), RespClient.Encode("XTRIM", "b", "MAXLEN", "5000")]);
        var before = Image(client, isRedis: false, save);

        // Databases are written from the last to the first, so this says how far the first stream is written when the save pauses.
        Send(client, [RespClient.Encode("SELECT", "1")]);
        Fill(client, 's', "first", bytesBefore, 0);
        Send(client, [RespClient.Encode("SELECT", "0")]);
        long preserved = server.PreservedBytes;
        server.Hold();
        Assert.False(client.Call(save).IsError);
        server.AwaitPause();
        const int changes = 3000;
        for (int from = 0; from < changes; from += 500)
        {
            byte[][] commands = [.. Enumerable.Range(from, 500).Select(_ => RespClient.Encode(Change(random, random.Next(2) == 0 ? "a" : "b")))];
            Assert.DoesNotContain(client.Pipeline([.. commands.SelectMany(c => c)], commands.Length), r => r.IsError);
        }

        // What is taken down at once of two streams is names and numbers; their blocks are few.
        Assert.Equal(2, server.FrozenTotal);
        Assert.InRange(server.PreservedBytes - preserved, 1, 2000);
        Send(client, [seed == 1 ? RespClient.Encode("XGROUP", "DESTROY", "a", "g") : RespClient.Encode("DEL", "a")]);
        server.LetGo();
        AwaitEnd(client);
        AssertSaved(server, client, before, save);

        static string[] Change(Random random, string key)
        {
            string id = $"{random.Next(1, HeldPendings + 50)}-1", recent = $"{random.Next(HeldPendings - 5000, HeldPendings)}-1";
            return random.Next(9) switch
            {
                0 or 1 => ["XACK", key, "g", id, recent],
                2 => ["XCLAIM", key, "g", "d", "0", recent],
                3 => ["XCLAIM", key, "g", "c", "0", recent, "RETRYCOUNT", "7"],
                4 => ["XAUTOCLAIM", key, "g", "e", "0", recent, "COUNT", "5"],
                5 => ["XADD", key, "*", "f", id],
                6 => ["XREADGROUP", "GROUP", "g", "d", "COUNT", "5", "STREAMS", key, ">"],
                7 => ["XCLAIM", key, "g", "new", "0", recent, "FORCE"],
                _ => ["XREADGROUP", "GROUP", "g", "c", "COUNT", "5", "STREAMS", key, recent],
            };
        }
    }

    /// <summary>A change of one of many kinds of command waits for no more than a page of a string, or a small value, whatever the value's length.</summary>
    [Theory]
    [InlineData("SETRANGE s# 7000000 xy", 2 * 4096)]
    [InlineData("SETBIT s# 70000000 1|SETBIT s# 70000001 1", 4096)]
    [InlineData("BITFIELD s# SET u8 #1000000 1 SET u8 #1000001 1", 4096)]
    [InlineData("APPEND s# x", 0)]
    [InlineData("SET s# x", 0)]
    [InlineData("SET s# @", 0)]
    [InlineData("DEL s#", 0)]
    [InlineData("GETDEL s#", 0)]
    [InlineData("RENAME s# o#", 0)]
    [InlineData("SET o# x|RENAME o# s#", 0)]
    [InlineData("EXPIRE s# 1000", 0)]
    [InlineData("FLUSHDB", 0)]
    [InlineData("XACK x# g 9-1", 0)]
    [InlineData("XADD x# * f v", 0)]
    [InlineData("DEL x#", 0)]
    [InlineData("XGROUP DESTROY x# g", 0)]
    public void A_change_waits_for_little(string change, long bytesMax)
    {
        ChangeWaitsForLittle(change, bytesMax, Save, headBytes: 256);

        // Each command of a stream's groups names the key.
        ChangeWaitsForLittle(change, bytesMax, Rewrite, headBytes: 1024);
    }

    private static void ChangeWaitsForLittle(string change, long bytesMax, string save, long headBytes)
    {
        using var server = Server(save);
        using RespClient client = server.Connect();
        Fill(client, 's', "s1", HeldStringBytes, 0);
        Fill(client, 's', "s2", HeldStringBytes, 0);
        Fill(client, 'x', "x1", 0, 4000);
        Fill(client, 'x', "x2", 0, 4000);
        server.Hold();
        Assert.False(client.Call(save).IsError);
        server.AwaitPause();
        long before = server.PreservedBytes;
        foreach (string number in (string[])["1", "2"])
        {
            Send(client, Commands(change, number, HeldStringBytes));
            Assert.InRange(server.PreservedBytes - before, 0, bytesMax + headBytes);
            before = server.PreservedBytes;
        }
        server.LetGo();
        AwaitEnd(client);
    }

    // Only files of snapshots are held. Rewrites make commands.
    private static HeldServer Server(string save, string options = "") => save == Save
        ? new HeldServer(options)
        : new HeldServer($"appendonly yes\nappendfsync no\naof-use-rdb-preamble no\nauto-aof-rewrite-percentage 0\n{options}", held: "temp-rewriteaof");

    private static void AwaitEnd(RespClient client)
    {
        Assert.True(HeldServer.AwaitSave(client));
        BaseAlone.Await(client);
    }

    private static void AssertSaved(HeldServer server, RespClient client, Dictionary<string, string> expected, string save)
    {
        if (save == Rewrite)
        {
            using var alone = new BaseAlone(server.Folder);
            Assert.Equal("", Difference(expected, alone.Loaded(isFastKv: true, 1, loaded => Image(loaded, isRedis: false, save))));
            return;
        }
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal("", Difference(expected, Image(client, isRedis: false, save)));
    }

    private static IEnumerable<byte[]> Commands(string change, string number, int bytes)
    {
        string text = new('@', bytes - 1000);
        foreach (string command in change.Split('|'))
        {
            // The number of a field of BITFIELD begins with # as well.
            yield return RespClient.Encode([.. command.Split(' ').Select(word => word == "@" ? text : word[0] == '#' ? word : word.Replace("#", number, StringComparison.Ordinal))]);
        }
    }

    private static void Send(RespClient client, IEnumerable<byte[]> commands)
    {
        byte[][] all = [.. commands];
        foreach (RespFrame reply in client.Pipeline([.. all.SelectMany(c => c)], all.Length))
            Assert.False(reply.IsError, reply.Text);
    }

    private static void Fill(RespClient client, char kind, string key, int bytes, int pendings)
    {
        byte[] value = new byte[bytes];
        switch (kind)
        {
            case 's':
                new Random(key.Sum(c => c)).NextBytes(value);
                Send(client, [RespClient.Encode("SET"u8.ToArray(), Bytes(key), value)]);
                break;
            case 't':
                for (int i = 0; i < bytes; i++)
                    value[i] = (byte)('a' + (i / 7 % 23));
                Send(client, [RespClient.Encode("SET"u8.ToArray(), Bytes(key), value)]);
                break;
            case 'p':
                // Sparse; each opcode says that one register is 1, and there are too many of them.
                Array.Fill(value, (byte)0x80);
                "HYLL\x1"u8.CopyTo(value);
                Send(client, [RespClient.Encode("SET"u8.ToArray(), Bytes(key), value)]);
                break;
            default:
                var commands = new List<byte[]>(pendings + 10);
                for (int i = 1; i <= pendings; i++)
                    commands.Add(RespClient.Encode("XADD", key, $"{i}-1", "f", "v"));
                commands.Add(RespClient.Encode("XGROUP", "CREATE", key, "g", "0"));
                commands.Add(RespClient.Encode("XGROUP", "CREATE", key, "h", "0"));
                commands.Add(RespClient.Encode("XREADGROUP", "GROUP", "g", "c", "COUNT", $"{pendings * 2 / 3}", "STREAMS", key, ">"));
                commands.Add(RespClient.Encode("XREADGROUP", "GROUP", "g", "d", "STREAMS", key, ">"));
                commands.Add(RespClient.Encode("XREADGROUP", "GROUP", "h", "c", "COUNT", "20", "STREAMS", key, ">"));
                Send(client, commands);
                break;
        }
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    /// <summary>What the keys hold: the digest of a string, all of a stream.</summary>
    private static Dictionary<string, string> Image(RespClient client, bool isRedis, string save)
    {
        var image = new Dictionary<string, string>();
        foreach (RespFrame name in client.Call("KEYS", "*").Items!)
        {
            string key = name.Text;
            string text = client.Call("DEBUG", "DIGEST-VALUE", key).ToString()! + client.Call("PEXPIRETIME", key).Text;
            if (client.Call("TYPE", key).Text == "stream")
            {
                foreach (string group in (string[])["g", "h"])
                {
                    RespFrame pendings = client.Call("XPENDING", key, group, "-", "+", "1000000");
                    text += pendings.IsError ? "none" : string.Join(' ', pendings.Items!.Select(p => $"{p.Items![0].Text} {p.Items[1].Text} {p.Items[3].Text}"));
                }
                if (!isRedis)
                    text += Times(client.Call("XINFO", "STREAM", key, "FULL", "COUNT", "0"), hasSeenTimes: save == Save);
            }
            image[key] = text;
        }
        return image;
    }

    // Which node of a radix tree an ID is in depends on how the tree came to be; and when consumers were seen is not in an append-only file.
    private static string Times(RespFrame frame, bool hasSeenTimes)
    {
        if (frame.Items is not { } items)
            return frame.Text;
        var parts = new List<string>();
        for (int i = 0; i < items.Length; i++)
        {
            parts.Add(Times(items[i], hasSeenTimes));
            if (items[i].Items is null && (items[i].Text is "radix-tree-nodes" or "radix-tree-keys" || (!hasSeenTimes && items[i].Text is "seen-time" or "active-time")))
                i++;
        }
        return "[" + string.Join(' ', parts) + "]";
    }

    private static string Difference(Dictionary<string, string> expected, Dictionary<string, string> actual)
    {
        var keys = expected.Keys.Union(actual.Keys).Where(key => expected.GetValueOrDefault(key) != actual.GetValueOrDefault(key)).Order(StringComparer.Ordinal);
        return string.Join('\n', keys.Select(key => $"{key} ({ChangeOf(key)}): {Where(expected.GetValueOrDefault(key, "(none)"), actual.GetValueOrDefault(key, "(none)"))}"));
    }

    private static string ChangeOf(string key) => int.TryParse(key.AsSpan(1), CultureInfo.InvariantCulture, out int number) ? s_changes[number] : "";

    private static string Where(string expected, string actual)
    {
        int at = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        int from = Math.Max(0, at - 40);
        return $"expected …{Cut(expected, from)}… actual …{Cut(actual, from)}…";
    }

    private static string Cut(string text, int from) => text[Math.Min(from, text.Length)..Math.Min(from + 100, text.Length)];
}
