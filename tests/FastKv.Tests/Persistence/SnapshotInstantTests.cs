using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A background save is of the instant at which it began, whatever comes right behind it: each kind of change, of keys that nothing else touches, is sent in
/// one write with BGSAVE, so that it runs before the first slice of the snapshot (on one shard; on several at some time during it).
/// </summary>
public sealed class SnapshotInstantTests
{
    /// <summary>What is made of a key by its first letter; # is the number of the change that it is for.</summary>
    private static readonly Dictionary<char, string[]> s_data = new()
    {
        ['s'] = ["SET s# value"],
        ['n'] = ["SET n# 10"],
        ['t'] = ["SET t# 1 PX 10000000"],
        ['l'] = ["RPUSH l# a b c d"],
        ['i'] = ["SADD i# 1 2 3"],
        ['m'] = ["SADD m# a b c"],
        ['h'] = ["HSET h# f v g 1 e x", "HPEXPIREAT h# 4102444800000 FIELDS 1 e"],
        ['z'] = ["ZADD z# 1 a 2 b 3 c"],
        ['x'] = ["XADD x# 1-1 f v", "XADD x# 2-1 f v", "XADD x# 3-1 f v", "XGROUP CREATE x# g 0", "XREADGROUP GROUP g c COUNT 2 STREAMS x# >"],
        ['p'] = ["PFADD p# a b"],
        ['o'] = [],
    };

    private static readonly string[] s_changes =
    [
        "SET s# other", "APPEND s# more", "SETRANGE s# 1 x", "GETDEL s#", "GETSET s# other", "GETEX s# PX 10000000", "EXPIRE s# 1000", "SETBIT s# 7 1",
        "SETBIT n# 6 0",
        "BITFIELD s# SET u8 0 255", "BITFIELD n# SET u8 0 49", "BITOP NOT s# n#", "INCR n#", "INCRBYFLOAT n# 1.5", "PERSIST t#", "DELEX s#",
        "MSETEX 2 s# 1 n# 2",
        "MSET s# 1 n# 2", "LPOP l#", "LSET l# 0 z", "LINSERT l# BEFORE b x", "LREM l# 0 b", "LTRIM l# 1 2", "RPUSH l# e", "LMOVE l# l# LEFT RIGHT",
        "RPOPLPUSH l# o#",
        "SADD i# x", "SADD i# 3", "SREM m# a", "SPOP m# 2", "SMOVE m# i# a", "SUNIONSTORE m# m# i#", "HSET h# f w",
        "HINCRBY h# g 5", "HINCRBYFLOAT h# g 0.5", "HDEL h# f",
        "HDEL h# f g e", "HSETNX h# n v", "HPERSIST h# FIELDS 1 e",
        "HPEXPIREAT h# 4102444800000 FIELDS 1 f", "HPEXPIREAT h# 1 FIELDS 1 f", "HGETDEL h# FIELDS 1 f",
        "HGETEX h# PERSIST FIELDS 1 e", "HSETEX h# EX 1000 FIELDS 1 f w", "ZINCRBY z# 5 a", "ZADD z# 9 a", "ZREM z# a", "ZPOPMIN z#", "ZREMRANGEBYRANK z# 0 0",
        "ZUNIONSTORE z# 1 m#", "GEOADD z# 1 1 here", "XADD x# 4-1 f v", "XREADGROUP GROUP g d STREAMS x# >", "XREADGROUP GROUP g d NOACK STREAMS x# >",
        "XREADGROUP GROUP g c STREAMS x# 0", "XCLAIM x# g d 0 1-1", "XCLAIM x# g d 0 1-1 LASTID 3-1", "XAUTOCLAIM x# g e 0 0", "XACK x# g 2-1", "XDEL x# 3-1",
        "XDELEX x# DELREF IDS 1 1-1", "XACKDEL x# g IDS 1 1-1", "XTRIM x# MAXLEN 1", "XSETID x# 9-1", "XGROUP CREATE x# h $", "XGROUP DESTROY x# g",
        "XGROUP CREATECONSUMER x# g new", "XGROUP DELCONSUMER x# g c", "XGROUP SETID x# g 1-1",
        "PFADD p# c d", "PFCOUNT p#", "PFMERGE p# o#", "PFDEBUG TODENSE p#",
        "RENAME s# o#", "RENAME s# l#", "COPY s# l# REPLACE", "COPY s# o#", "MOVE s# 1",
        "SORT l# ALPHA STORE l#", "DEL s#", "UNLINK h#", "SET fresh# key", "HSET fresh# f v",
        "XREAD STREAMS x# 0", "GET s#", "SWAPDB 0 2", "SET other# database", "FLUSHDB",
    ];

    [Theory]
    [InlineData(1, "BGSAVE")]
    [InlineData(3, "BGSAVE")]
    [InlineData(1, "BGREWRITEAOF")]
    [InlineData(3, "BGREWRITEAOF")]
    public void Whatever_changes_behind_a_snapshot_is_not_in_it(int shards, string command)
    {
        bool isSave = command == "BGSAVE";
        string[] options = isSave ? [] : ["--appendonly", "yes", "--aof-use-rdb-preamble", "no"];
        using var folder = new TemporaryFolder();
        DataImage before;
        string[][] changes = [.. s_changes.Select((change, number) => Words(change, number))];
        using (var server = new FastKvProcess(shards, ["--dir", folder.Path, .. options]))
        {
            using RespClient client = server.Connect();
            for (int i = 0; i < s_changes.Length; i++)
            {
                foreach (char kind in s_data.Keys.Where(kind => s_changes[i].Contains($" {kind}#", StringComparison.Ordinal)))
                {
                    foreach (string made in s_data[kind])
                        Assert.False(client.Call(Words(made, i)).IsError, made);
                }
            }
            before = DataImage.Of(client, hasFieldTimes: true);
            byte[][] commands = [RespClient.Encode(command), .. changes.Select(RespClient.Encode)];
            RespFrame[] replies = client.Pipeline([.. commands.SelectMany(bytes => bytes)], commands.Length);
            for (int i = 0; i < replies.Length; i++)
                Assert.False(replies[i].IsError, i == 0 ? command : $"{s_changes[i - 1]}: {replies[i].Text}");
            Assert.NotEqual(before.Digest, client.Call("DEBUG", "DIGEST").Text);
            FailingServer.Await(client, "rdb_bgsave_in_progress:0");
            Assert.Contains("rdb_last_bgsave_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
            BaseAlone.Await(client);
            Assert.Equal(0, server.Stop());
        }
        if (!isSave)
        {
            using var alone = new BaseAlone(Path.Combine(folder.Path, "appendonlydir"));
            Assert.Equal("", alone.Loaded(isFastKv: true, shards, client => DataImage.Of(client, hasFieldTimes: true)).DifferenceFrom(before));
            return;
        }
        using (var server = new FastKvProcess(shards, "--dir", folder.Path))
        {
            using RespClient client = server.Connect();
            Assert.Equal("", DataImage.Of(client, hasFieldTimes: true).DifferenceFrom(before));
        }
    }

    private static string[] Words(string command, int number) => command.Replace("#", $"{number}", StringComparison.Ordinal).Split(' ');
}
