using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Streams;

/// <summary>
/// Stream commands and options newer than redis-server 7.0, against what the Redis documentation says of them (pages of XDELEX, XACKDEL, XADD, XTRIM,
/// XREAD). A line is a command and, behind "=>", its reply in RESP2.
/// </summary>
public sealed class NewStreamCommandTests(NewStreamCommandTests.Fixture servers) : IClassFixture<NewStreamCommandTests.Fixture>
{
    private const string Syntax = "-ERR syntax error";
    private const string NotAnInteger = "-ERR min-idle-time is not an integer";

    /// <summary>Sequences by name.</summary>
    public static TheoryData<string, string[]> Sequences => new()
    {
        { "XDELEX", [
            "XDELEX s IDS 2 1-1 2-1 => [:-1 :-1]", "XADD s 1-1 a b => 1-1", "XADD s 2-1 a b => 2-1", "XADD s 3-1 a b => 3-1",
            "XGROUP CREATE s g 0 => OK", "XREADGROUP GROUP g c COUNT 2 STREAMS s > => [[s [[1-1 [a b]] [2-1 [a b]]]]]",
            "XDELEX s ACKED IDS 3 1-1 3-1 9-9 => [:2 :2 :-1]", "XACK s g 1-1 => :1", "XDELEX s ACKED IDS 1 1-1 => [:1]",
            "XDELEX s IDS 1 2-1 => [:1]", "XPENDING s g => [:1 2-1 2-1 [[c 1]]]", "XDELEX s DELREF IDS 1 2-1 => [:-1]", "XPENDING s g => [:0 nil nil nil]",
            "XDELEX s IDS 1 3-1 KEEPREF => [:1]", "XLEN s => :0", "EXISTS s => :1"] },
        { "XACKDEL", [
            "XACKDEL s g IDS 1 1-1 => [:-1]", "XADD s 1-1 a b => 1-1", "XADD s 2-1 a b => 2-1", "XADD s 3-1 a b => 3-1", "XGROUP CREATE s g 0 => OK",
            "XGROUP CREATE s h 0 => OK", "XREADGROUP GROUP g c STREAMS s > => [[s [[1-1 [a b]] [2-1 [a b]] [3-1 [a b]]]]]",
            "XREADGROUP GROUP h c STREAMS s > => [[s [[1-1 [a b]] [2-1 [a b]] [3-1 [a b]]]]]",
            "XACKDEL s g ACKED IDS 2 1-1 9-9 => [:2 :-1]", "XLEN s => :3", "XACKDEL s h ACKED IDS 1 1-1 => [:1]", "XLEN s => :2",
            "XACKDEL s g DELREF IDS 1 2-1 => [:1]", "XPENDING s h => [:1 3-1 3-1 [[c 1]]]", "XACKDEL s g IDS 1 3-1 => [:1]",
            "XPENDING s h => [:1 3-1 3-1 [[c 1]]]", "XLEN s => :0"] },
        { "errors", [
            "XDELEX s IDS 0 1-1 => -ERR Number of IDs must be a positive integer", "XDELEX s IDS x 1-1 => -ERR Number of IDs must be a positive integer",
            "XDELEX s IDS 2 1-1 => -ERR The `numids` parameter must match the number of arguments",
            "XDELEX s IDS 1 1-1 2-1 => " + Syntax, "XDELEX s DELREF IDS 1 1-1 2-1 => " + Syntax, "XDELEX s FOO IDS 1 1-1 => " + Syntax,
            "XDELEX s KEEPREF DELREF 1 => " + Syntax, "XDELEX s IDS 1 abc => -ERR Invalid stream ID specified as stream command argument",
            "SET k v => OK", "XDELEX k IDS 1 1-1 => -WRONGTYPE Operation against a key holding the wrong kind of value",
            "XACKDEL s g IDS 1 1-1 2-2 => " + Syntax, "XACKDEL s g IDS 3 1-1 2-2 => -ERR The `numids` parameter must match the number of arguments",
            "XACKDEL s g KEEPREF ACKED IDS 1 1-1 => " + Syntax,
            "XDELEX s IDS => -ERR wrong number of arguments for 'xdelex' command", "XACKDEL s g IDS 1 => -ERR wrong number of arguments for 'xackdel' command"] },
        { "XREADGROUP with CLAIM: arguments", [
            "XADD s 1-1 a b => 1-1", "XADD s 2-1 a b => 2-1", "XGROUP CREATE s g 0 => OK",
            "XREADGROUP GROUP g c CLAIM test STREAMS s > => " + NotAnInteger, "XREADGROUP GROUP g c CLAIM 5.5 STREAMS s > => " + NotAnInteger,
            "XREADGROUP GROUP g c CLAIM +10 STREAMS s > => " + NotAnInteger, "XREADGROUP GROUP g c CLAIM -0 STREAMS s > => " + NotAnInteger,
            "XREADGROUP GROUP g c CLAIM -10e STREAMS s > => " + NotAnInteger, "XREADGROUP GROUP g c CLAIM 10 CLAIM COUNT 1 STREAMS s > => " + NotAnInteger,
            "XREADGROUP CLAIM GROUP g c COUNT 1 STREAMS s > => " + NotAnInteger, "XREADGROUP GROUP g c CLAIM STREAMS s > => " + NotAnInteger,
            "XREADGROUP GROUP g c CLAIM -10 STREAMS s > => -ERR min-idle-time must be a positive integer",
            "XREADGROUP GROUP g CLAIM 50 c STREAMS s > => " + Syntax,
            "XREADGROUP GROUP none c CLAIM 50 STREAMS s > => -NOGROUP No such key 's' or consumer group 'none' in XREADGROUP with GROUP option",
            "XREAD COUNT 2 CLAIM 10 STREAMS s 0-0 => -ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.",
            "XREADGROUP GROUP g c COUNT 1 CLAIM 100000 STREAMS s > => [[s [[1-1 [a b] :0 :0]]]]",
            "XREADGROUP CLAIM 9223372036854775807 GROUP g d STREAMS s > => [[s [[2-1 [a b] :0 :0]]]]",
            "XREADGROUP GROUP g d CLAIM 100000 STREAMS s > => nil", "XREADGROUP GROUP g d CLAIM 100000 NOACK STREAMS s > => nil",
            "XPENDING s g => [:2 1-1 2-1 [[c 1] [d 1]]]", "XREADGROUP GROUP g c CLAIM 0 STREAMS s 0 => [[s [[1-1 [a b]]]]]",
            "XREADGROUP GROUP g d NOACK CLAIM 0 STREAMS s 1 => [[s [[2-1 [a b]]]]]", "XGROUP SETID s g + => OK", "XACK s g 1-1 2-1 => :2",
            "XREADGROUP GROUP g c CLAIM 0 STREAMS s > => nil"] },
        { "trims with references", [
            "XADD s 1-1 a b => 1-1", "XADD s 2-1 a b => 2-1", "XADD s 3-1 a b => 3-1", "XADD s 4-1 a b => 4-1", "XGROUP CREATE s g 0 => OK",
            "XREADGROUP GROUP g c COUNT 2 STREAMS s > => [[s [[1-1 [a b]] [2-1 [a b]]]]]", "XACK s g 1-1 => :1",
            "XTRIM s MAXLEN 0 ACKED => :1", "XLEN s => :3", "XTRIM s MAXLEN = 2 DELREF => :1", "XPENDING s g => [:0 nil nil nil]",
            "XREADGROUP GROUP g c COUNT 1 STREAMS s > => [[s [[3-1 [a b]]]]]", "XADD s KEEPREF MAXLEN 1 5-1 a b => 5-1",
            "XPENDING s g => [:1 3-1 3-1 [[c 1]]]", "XLEN s => :1"] },
        { "XREAD from the last entry", [
            "XREAD STREAMS s + => nil", "XADD s 1-1 a b => 1-1", "XADD s 2-1 c d => 2-1", "XREAD STREAMS s + => [[s [[2-1 [c d]]]]]",
            "XREAD COUNT 5 STREAMS s t + + => [[s [[2-1 [c d]]]]]", "XDEL s 2-1 => :1", "XREAD STREAMS s + => [[s [[1-1 [a b]]]]]"] },
    };

    [Theory]
    [MemberData(nameof(Sequences))]
    public void Replies_follow_the_documentation(string name, string[] lines)
    {
        foreach (ServerProcess server in servers.Both)
        {
            using RespClient client = server.Connect();
            client.Call("FLUSHALL");
            foreach (string line in lines)
            {
                string[] sides = line.Split(" => ");
                string actual = Plain(client.Call(sides[0].Split(' ')));
                Assert.True(actual == sides[1], $"{name}: {line}\nactual {actual}");
            }
        }
    }

    /// <summary>A blocked client gets what is added later, or the reason why nothing will come.</summary>
    [Fact]
    public void Blocked_clients_are_served_or_told()
    {
        foreach (ServerProcess server in servers.Both)
        {
            using RespClient client = server.Connect();
            client.Call("FLUSHALL");
            Served("XREAD BLOCK 0 STREAMS s t $ $", "XADD t 1-1 a b", "[[t [[1-1 [a b]]]]]");
            Served("XREAD BLOCK 0 STREAMS t s + $", null, "[[t [[1-1 [a b]]]]]");
            client.Call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
            client.Call("XGROUP", "CREATE", "t", "g", "$");
            Served("XREADGROUP GROUP g c BLOCK 0 STREAMS s t > >", "XADD s 5-1 a b", "[[s [[5-1 [a b]]]]]");
            Served("XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XGROUP DESTROY s g",
                "-NOGROUP the consumer group this client was blocked on no longer exists");
            Served("XREADGROUP GROUP g c BLOCK 0 STREAMS t >", "DEL t", "-UNBLOCKED the stream key no longer exists");

            void Served(string blocking, string? action, string expected)
            {
                using RespClient waiter = server.Connect();
                waiter.SendRaw(RespClient.Encode(blocking.Split(' ')));
                if (action is not null)
                {
                    while (!client.Call("INFO", "clients").Text.Contains("blocked_clients:1"))
                        Thread.Sleep(1);
                    client.Call(action.Split(' '));
                }
                Assert.Equal(expected, Plain(waiter.Read()));
            }
        }
    }

    internal static string Plain(RespFrame frame)
    {
        if (frame.Items is not null)
            return "[" + string.Join(' ', frame.Items.Select(Plain)) + "]";
        return frame.IsNull ? "nil" : frame.Type is ':' or '-' ? frame.Type + frame.Text : frame.Text;
    }

    /// <summary>FastKv on one and on three shards.</summary>
    public sealed class Fixture : IDisposable
    {
        /// <summary>The servers; none when redis-server stands in for FastKv, since that lacks these commands.</summary>
        public ServerProcess[] Both { get; } = TestEnvironment.StandIn ? [] : [ServerProcess.Start(ServerKind.FastKv1), ServerProcess.Start(ServerKind.FastKv3)];

        /// <inheritdoc/>
        public void Dispose()
        {
            foreach (ServerProcess server in Both)
                server.Dispose();
        }
    }
}
