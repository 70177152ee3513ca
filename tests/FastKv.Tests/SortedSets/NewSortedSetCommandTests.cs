using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.SortedSets;

/// <summary>What sorted set commands got after Redis 7.0 (redis.io pages of ZRANK and ZREVRANK: WITHSCORE since 7.2).</summary>
public sealed class NewSortedSetCommandTests(NewSortedSetCommandTests.Fixture servers) : IClassFixture<NewSortedSetCommandTests.Fixture>
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Rank_with_score(int protocol)
    {
        foreach (ServerProcess server in servers.Both)
        {
            using RespClient client = server.Connect();
            if (protocol == 3)
                client.Call("HELLO", "3");
            client.Call("FLUSHALL");
            client.Call("ZADD", "z", "1", "one", "2.5", "two", "3", "three");
            string score = protocol == 3 ? ",2.5\r\n" : "$3\r\n2.5\r\n";
            Expect(client, "*2\r\n:1\r\n" + score, "ZRANK", "z", "two", "WITHSCORE");
            Expect(client, "*2\r\n:1\r\n" + score, "ZREVRANK", "z", "two", "withscore");
            Expect(client, ":2\r\n", "ZRANK", "z", "three");
            string nothing = protocol == 3 ? "_\r\n" : "*-1\r\n";
            Expect(client, nothing, "ZRANK", "z", "four", "WITHSCORE");
            Expect(client, nothing, "ZREVRANK", "none", "four", "WITHSCORE");
            Expect(client, protocol == 3 ? "_\r\n" : "$-1\r\n", "ZRANK", "none", "four");
            Expect(client, "-ERR syntax error\r\n", "ZRANK", "z", "two", "WITHSCORES");
            Expect(client, "-ERR wrong number of arguments for 'zrank' command\r\n", "ZRANK", "z", "two", "WITHSCORE", "x");
        }
    }

    [Fact]
    public void A_whole_scan_of_a_large_set_finds_every_member()
    {
        foreach (ServerProcess server in servers.Both)
        {
            using RespClient client = server.Connect();
            client.Call("FLUSHALL");
            const int count = 3000;
            for (int i = 0; i < count; i++)
                client.Call("ZADD", "z", $"{i}.5", "m" + i);
            var found = new Dictionary<string, string>();
            string cursor = "0";
            do
            {
                RespFrame reply = client.Call("ZSCAN", "z", cursor, "COUNT", "100");
                cursor = reply.Items![0].Text;
                foreach (RespFrame[] pair in reply.Items[1].Items!.Chunk(2))
                    found[pair[0].Text] = pair[1].Text;
            }
            while (cursor != "0");
            Assert.Equal(count, found.Count);
            Assert.All(found, p => Assert.Equal(p.Key[1..] + ".5", p.Value));
        }
    }

    private static void Expect(RespClient client, string expected, params string[] command)
    {
        RespFrame reply = client.Call(command);
        Assert.Equal(expected, System.Text.Encoding.Latin1.GetString(reply.Raw));
    }

    /// <summary>FastKv on one and on three shards.</summary>
    public sealed class Fixture : IDisposable
    {
        /// <summary>The servers.</summary>
        public ServerProcess[] Both { get; } = TestEnvironment.StandIn ? [] : [ServerProcess.Start(ServerKind.FastKv1),
            ServerProcess.Start(ServerKind.FastKv3)];

        /// <inheritdoc/>
        public void Dispose()
        {
            foreach (ServerProcess server in Both)
                server.Dispose();
        }
    }
}
