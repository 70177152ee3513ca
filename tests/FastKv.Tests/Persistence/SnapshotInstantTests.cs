using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A background save is of the instant at which it began, whatever comes right behind it: each kind of change is sent in one write with BGSAVE, so that it runs
/// before the first slice of the snapshot (on one shard; on several at some time during it).
/// </summary>
public sealed class SnapshotInstantTests
{
    private static readonly string[] s_data =
    [
        "SET s value", "SET n 10", "SET t 1 PX 10000000", "RPUSH l a b c", "SADD i 1 2 3", "SADD m a b c", "HSET h f v g 1", "ZADD z 1 a 2 b",
        "XADD x 1-1 f v", "XADD x 2-1 f v", "XADD x 3-1 f v", "XGROUP CREATE x g 0", "XREADGROUP GROUP g c COUNT 2 STREAMS x >", "SETBIT b 7 1",
        "PFADD p a b", "GEOADD e 1 1 a", "SET move here", "SET rename {s}", "SET copy x", "SET pop x", "HSET d f v", "ZADD zz 1 a",
    ];

    private static readonly string[] s_changes =
    [
        "APPEND s more", "INCR n", "PERSIST t", "LPOP l", "LSET l 0 z", "SADD i x", "SREM m a", "HSET h f w", "HINCRBY h g 5", "HDEL d f", "ZINCRBY z 5 a", "ZREM zz a",
        "XADD x 4-1 f v", "XREADGROUP GROUP g d STREAMS x >", "XCLAIM x g d 0 1-1", "XAUTOCLAIM x g e 0 0", "XACK x g 2-1", "XDEL x 3-1", "XGROUP DELCONSUMER x g c",
        "XTRIM x MAXLEN 1", "XGROUP SETID x g 1-1", "SETBIT b 6 1", "PFADD p c d", "GEOADD e 2 2 b", "MOVE move 1", "RENAME rename renamed", "GETDEL pop", "EXPIRE copy 1000",
        "BITFIELD b SET u8 0 255", "SETRANGE s 1 x", "SET fresh key", "HSET fresh:h f v", "SWAPDB 0 2", "SET other database", "FLUSHDB",
    ];

    /// <summary>What the digest does not cover.</summary>
    private static readonly string[] s_questions = ["XPENDING x g", "XINFO GROUPS x", "PTTL s", "DBSIZE"];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Whatever_changes_behind_BGSAVE_is_not_in_it(int shards)
    {
        using var folder = new TemporaryFolder();
        string digest;
        string[] answers;
        using (var server = new FastKvProcess(shards, "--dir", folder.Path))
        {
            using RespClient client = server.Connect();
            foreach (string command in s_data)
                Assert.False(client.Call(command.Split(' ')).IsError, command);
            digest = client.Call("DEBUG", "DIGEST").Text;
            answers = Ask(client);
            byte[][] changes = [RespClient.Encode("BGSAVE"u8.ToArray()), .. s_changes.Select(c => RespClient.Encode([.. c.Split(' ').Select(System.Text.Encoding.ASCII.GetBytes)]))];
            RespFrame[] replies = client.Pipeline([.. changes.SelectMany(c => c)], changes.Length);
            for (int i = 0; i < replies.Length; i++)
                Assert.False(replies[i].IsError, i == 0 ? "BGSAVE" : s_changes[i - 1]);
            Assert.NotEqual(digest, client.Call("DEBUG", "DIGEST").Text);
            while (client.Call("INFO", "persistence").Text.Contains("rdb_bgsave_in_progress:1", StringComparison.Ordinal))
                Thread.Sleep(10);
            Assert.Contains("rdb_last_bgsave_status:ok", client.Call("INFO", "persistence").Text, StringComparison.Ordinal);
            Assert.Equal(0, server.Stop());
        }
        using (var server = new FastKvProcess(shards, "--dir", folder.Path))
        {
            using RespClient client = server.Connect();
            Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
            Assert.Equal(answers, Ask(client));
        }
    }

    private static string[] Ask(RespClient client) => [.. s_questions.Select(question => client.Call(question.Split(' ')).ToString()!)];
}
