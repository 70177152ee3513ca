using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Differential;

/// <summary>
/// Commands and options newer than Redis 7.0, which redis-server 7.0.15 cannot answer: replies expected by the documentation
/// (redis.io pages of SET, DELEX, DIGEST, MSETEX, BITOP, CLIENT). A line is a command and, after "=>", its reply in RESP2.
/// </summary>
public sealed class NewerCommandsTests(NewerCommandsTests.Fixture servers) : IClassFixture<NewerCommandsTests.Fixture>
{
    private const string Syntax = "-ERR syntax error";
    private const string DigestLength = "-ERR must be exactly 16 hexadecimal characters";

    /// <summary>Sequences by name.</summary>
    public static TheoryData<string, string[]> Sequences => new()
    {
        { "SET IFEQ", [
            "SET k v IFEQ v => nil", "EXISTS k => :0", "SET k v => OK", "SET k w IFEQ x => nil", "GET k => v", "SET k w IFEQ v => OK", "GET k => w",
            "SET k z IFEQ w GET => w", "SET k q IFEQ w GET => z", "GET k => z", "SET k y IFEQ z EX 100 => OK", "TTL k => :100",
            "SET k x IFEQ y KEEPTTL => OK", "TTL k => :100",
            "SET k a IFEQ x => OK", "TTL k => :-1", "set k b ifeq a => OK"] },
        { "SET IFNE", [
            "SET k v IFNE v => OK", "GET k => v", "SET k w IFNE v => nil", "GET k => v", "SET k w IFNE x => OK", "GET k => w", "SET n v IFNE v GET => nil",
            "GET n => v", "SET n w IFNE v GET => v", "GET n => v"] },
        { "SET IFDEQ and IFDNE", [
            "SET k v IFDEQ b6acb9d84a38ff74 => nil", "EXISTS k => :0", "SET k Hello\\x20world => OK", "SET k w IFDEQ 0000000000000000 => nil",
            "SET k w IFDEQ B6ACB9D84A38FF74 => OK", "GET k => w",
            "SET n v IFDNE b6acb9d84a38ff74 => OK", "SET n Hello\\x20world IFDNE b6acb9d84a38ff74 => OK", "SET n v IFDNE b6acb9d84a38ff74 => nil",
            "SET n v IFDEQ b6acb9d84a38ff7 => " + DigestLength] },
        { "SET conflicts", [
            "SET k v NX IFEQ v => " + Syntax, "SET k v XX IFNE v => " + Syntax, "SET k v IFEQ a IFEQ a => " + Syntax, "SET k v IFEQ a IFNE b => " + Syntax,
            "SET k v IFDEQ b6acb9d84a38ff74 IFEQ b => " + Syntax,
            "SET k v IFEQ => " + Syntax, "SET k v IFDNE => " + Syntax, "EXISTS k => :0"] },
        { "DIGEST", [
            "DIGEST k => nil", "SET k Hello\\x20world => OK", "DIGEST k => b6acb9d84a38ff74",
            "SET k v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd => OK", "DIGEST k => 00006c38adf31777",
            "DIGEST => -ERR wrong number of arguments for 'digest' command", "DIGEST a b => -ERR wrong number of arguments for 'digest' command"] },
        { "DELEX", [
            "DELEX k => :0", "SET k v => OK", "DELEX k => :1", "SET k v => OK", "DELEX k IFEQ w => :0", "DELEX k IFEQ v => :1", "EXISTS k => :0",
            "DELEX k IFEQ v => :0", "DELEX k IFNE v => :0",
            "SET k v => OK", "DELEX k IFNE v => :0", "DELEX k ifne w => :1", "SET k Hello\\x20world => OK", "DELEX k IFDEQ 0000000000000000 => :0",
            "DELEX k IFDNE b6acb9d84a38ff74 => :0", "DELEX k IFDEQ b6acb9d84a38ff74 => :1",
            "SET k v => OK", "DELEX k IFDEQ abc => " + DigestLength, "EXISTS k => :1", "DELEX => -ERR wrong number of arguments for 'delex' command"] },
        { "MSETEX", [
            "MSETEX 2 a 1 b 2 => :1", "MGET a b => [1 2]", "TTL a => :-1", "MSETEX 2 a 3 c 4 NX => :0", "MGET a c => [1 nil]",
            "MSETEX 2 c 3 d 4 NX EX 100 => :1", "TTL c => :100", "TTL d => :100",
            "MSETEX 2 a 5 e 6 XX => :0", "MGET a e => [1 nil]", "MSETEX 2 c 5 d 6 XX KEEPTTL => :1", "MGET c d => [5 6]", "TTL d => :100",
            "MSETEX 1 c 7 => :1", "TTL c => :-1",
            "MSETEX 2 x 1 y 2 EXAT 4102444800 => :1", "EXPIRETIME y => :4102444800", "MSETEX 2 x 1 y 2 px 100000 xx => :1", "TTL x => :100",
            "MSETEX 1 x 1 PXAT 4102444800000 => :1", "PEXPIRETIME x => :4102444800000",
            "MSETEX => -ERR wrong number of arguments for 'msetex' command", "MSETEX 0 a 1 => -ERR invalid numkeys value",
            "MSETEX abc a 1 => -ERR invalid numkeys value", "MSETEX -1 a 1 => -ERR invalid numkeys value",
            "MSETEX 2147483648 a 1 => -ERR invalid numkeys value", "MSETEX 2 a 1 b => -ERR wrong number of key-value pairs", "MSETEX 1 a 1 FOO => " + Syntax,
            "MSETEX 1 a 1 NX XX => " + Syntax, "MSETEX 1 a 1 EX 10 PX 10 => " + Syntax,
            "MSETEX 1 a 1 EX => " + Syntax, "MSETEX 1 a 1 EX 0 => -ERR invalid expire time in 'msetex' command",
            "MSETEX 1 a 1 EX abc => -ERR value is not an integer or out of range"] },
        { "BITOP DIFF, DIFF1, ANDOR, ONE", [
            "MSET x \\xf0\\xff y1 \\x30 y2 \\x41\\x0f => OK", "BITOP DIFF d x y1 y2 => :2", "GET d => \\x80\\xf0", "BITOP DIFF1 d x y1 y2 => :2",
            "GET d => \\x01\\x00", "BITOP ANDOR d x y1 y2 => :2", "GET d => \\x70\\x0f",
            "BITOP ONE d x y1 y2 => :2", "GET d => \\x81\\xf0", "BITOP one d x => :2", "GET d => \\xf0\\xff", "BITOP DIFF d nothing y1 => :1",
            "GET d => \\x00", "BITOP DIFF d nothing none => :0", "EXISTS d => :0",
            "BITOP DIFF d x => -ERR BITOP DIFF must be called with at least two source keys.",
            "BITOP diff1 d x => -ERR BITOP DIFF1 must be called with at least two source keys.",
            "BITOP ANDOR d x => -ERR BITOP ANDOR must be called with at least two source keys.",
            "BITOP NOT d x y1 => -ERR BITOP NOT must be called with a single source key."] },
        { "BITOP ONE counts bits seen exactly once", [
            "MSET a \\x07 b \\x0e c \\x1c => OK", "BITOP ONE d a b c => :1", "GET d => \\x11", "BITOP ONE d a a => :1", "GET d => \\x00"] },
        { "CLIENT since 7.2", [
            "CLIENT NO-TOUCH on => OK", "CLIENT NO-TOUCH OFF => OK", "CLIENT NO-TOUCH maybe => " + Syntax, "CLIENT SETINFO LIB-NAME mylib => OK",
            "CLIENT SETINFO lib-ver 1.2 => OK",
            "CLIENT SETINFO LIB-NAME a\\x20b => -ERR lib-name cannot contain spaces, newlines or special characters.",
            "CLIENT SETINFO FOO x => -ERR Unrecognized option 'FOO'", "CLIENT KILL MAXAGE 1000000 => :0"] },
        { "BITCOUNT and BITPOS check arguments of missing keys since 7.2", [
            "BITCOUNT nothing 0 => " + Syntax, "BITCOUNT nothing a b => -ERR value is not an integer or out of range",
            "BITCOUNT nothing 0 1 FOO => " + Syntax, "BITPOS nothing 1 a => -ERR value is not an integer or out of range"] },
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
                string actual = Plain(client.Call(sides[0].Split(' ').Select(Unescape).ToArray()));
                Assert.True(TimesToLive.Agree(sides[0], Unescape(sides[1]), actual), $"{name}, on {server.Pid}: {line}\nactual {RespFrame.Printable(System.Text.Encoding.Latin1.GetBytes(actual))}");
            }
        }
    }

    private static string Plain(RespFrame frame)
    {
        if (frame.Items is not null)
            return "[" + string.Join(' ', frame.Items.Select(Plain)) + "]";
        return frame.IsNull ? "nil" : frame.Type is ':' or '-' ? frame.Type + frame.Text : frame.Text;
    }

    private static string Unescape(string text) =>
        System.Text.RegularExpressions.Regex.Replace(text, @"\\x([0-9a-f]{2})", m => ((char)Convert.ToByte(m.Groups[1].Value, 16)).ToString());

    /// <summary>FastKv on one and on three shards; nothing when redis-server stands in for it, since that lacks these commands.</summary>
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
