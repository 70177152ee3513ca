using FastKv.Engine.Commands;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Commands;

/// <summary>
/// COMMAND INFO and DOCS of every implemented command that redis-server 7.0.15 knows, compared with that server: flags, arity, keys, categories, key
/// specifications, argument trees. Texts (summary, complexity, history) are our own; arguments newer than that server are left out.
/// </summary>
public sealed class CommandReferenceTests : IClassFixture<CommandReferenceTests.Reference>
{
    /// <summary>Commands that differ on purpose, and why.</summary>
    private static readonly Dictionary<string, string> s_infoDiffers = new()
    {
        ["zrank"] = "WITHSCORE of 7.2 makes the arity a minimum",
        ["zrevrank"] = "WITHSCORE of 7.2 makes the arity a minimum",
    };

    private static readonly Dictionary<string, string> s_docsDiffer = new()
    {
    };

    private readonly Reference _reference;

    public CommandReferenceTests(Reference reference) => _reference = reference;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void InfoEqualsRedis(byte resp)
    {
        var problems = new List<string>();
        foreach (var command in CommandTable.All.Where(c => !s_infoDiffers.ContainsKey(c.Name)))
        {
            var expected = _reference.Call(resp, "COMMAND", "INFO", command.Name).Items![0];
            if (expected.IsNull)
                continue;
            var actual = CommandRunner.Run(resp, "COMMAND", "INFO", command.Name).Items![0];
            Assert.Equal(10, actual.Items!.Length);
            for (int field = 0; field < 9; field++)
            {
                string want = Shape(expected.Items![field]), have = Shape(actual.Items[field]);
                if (want != have)
                    problems.Add($"{command.Name}, field {field}: Redis {want}, here {have}");
            }
            if (expected.Items![9].Type != actual.Items[9].Type && command.Subcommands.Length > 0)
                problems.Add($"{command.Name}, subcommands: Redis {expected.Items[9].Type}, here {actual.Items[9].Type}");
        }
        Assert.True(problems.Count == 0, string.Join("\n", problems));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void DocsEqualRedisInStructure(byte resp)
    {
        var problems = new List<string>();
        foreach (var command in CommandTable.All.Where(c => !s_docsDiffer.ContainsKey(c.Name)))
        {
            var expected = _reference.Call(resp, "COMMAND", "DOCS", command.Name);
            if (expected.Items!.Length == 0)
                continue;
            var actual = CommandRunner.Run(resp, "COMMAND", "DOCS", command.Name);
            Assert.Equal(expected.Type, actual.Type);
            Assert.Equal(command.Name, actual.Items![0].Text);
            foreach (string field in (string[])["since", "group", "doc_flags", "deprecated_since", "arguments"])
            {
                string want = Describe(expected.Items[1], field), have = Describe(actual.Items[1], field);
                if (want != have)
                    problems.Add($"{command.Name}, {field}:\n  Redis {want}\n  here  {have}");
            }
        }
        Assert.True(problems.Count == 0, string.Join("\n", problems));
    }

    [Theory]
    [InlineData("COMMAND", "GETKEYS", "nosuch", "a")]
    [InlineData("COMMAND", "GETKEYS", "ping", "a")]
    [InlineData("COMMAND", "GETKEYS", "get", "a")]
    [InlineData("COMMAND", "GETKEYS", "GET", "a", "b")]
    [InlineData("COMMAND", "GETKEYS", "command", "nosuch")]
    [InlineData("COMMAND", "GETKEYS", "command", "count")]
    [InlineData("COMMAND", "GETKEYS", "command|count", "a")]
    [InlineData("COMMAND", "GETKEYSANDFLAGS", "get", "a")]
    [InlineData("COMMAND", "INFO", "nosuch")]
    [InlineData("COMMAND", "INFO", "command|nosuch", "command|count|x")]
    [InlineData("COMMAND", "DOCS", "nosuch")]
    [InlineData("COMMAND", "LIST", "FILTERBY")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "ACLCAT")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "ACLCAT", "nosuch")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "ACLCAT", "@string")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "ACLCAT", "string", "x")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "NOSUCH", "x")]
    [InlineData("COMMAND", "LIST", "NOSUCH", "PATTERN", "x")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "MODULE", "x")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "PATTERN", "GET")]
    [InlineData("COMMAND", "LIST", "FILTERBY", "PATTERN", "command|C*")]
    [InlineData("COMMAND", "HELP")]
    public void RepliesEqualRedisByteForByte(params string[] words)
    {
        foreach (byte resp in (byte[])[2, 3])
            Assert.Equal(RespFrame.Printable(_reference.Call(resp, words).Raw), RespFrame.Printable(CommandRunner.Run(resp, words).Raw));
    }

    [Fact]
    public void CountAndListsAreConsistent()
    {
        int topLevel = CommandTable.All.Count(c => c.Parent is null);
        Assert.Equal(topLevel, CommandRunner.Run(2, "COMMAND", "COUNT").Integer);
        Assert.Equal(topLevel, CommandRunner.Run(2, "COMMAND").Items!.Length);
        Assert.Equal(topLevel, CommandRunner.Run(3, "COMMAND", "INFO").Items!.Length);
        Assert.Equal(2 * topLevel, CommandRunner.Run(3, "COMMAND", "DOCS").Items!.Length);
        Assert.Equal(CommandTable.All.Select(c => c.Name), CommandRunner.Run(2, "COMMAND", "LIST").Items!.Select(i => i.Text));
        Assert.Equal(
            CommandTable.All.Where(c => (c.Categories & AclCategories.Fast) != 0).Select(c => c.Name),
            CommandRunner.Run(2, "COMMAND", "LIST", "FILTERBY", "ACLCAT", "FAST").Items!.Select(i => i.Text));
    }

    [Fact]
    public void KeysEqualRedis()
    {
        string[] lines = File.ReadAllLines(Path.Combine(TestEnvironment.RepositoryRoot, "tests/FastKv.Tests/Commands/KeyExamples.txt"));
        foreach (string line in lines.Where(l => l.Length > 0 && l[0] != '#'))
        {
            string[] words = [.. line.Split(' ').Select(w => w == "\"\"" ? "" : w)];
            if (CommandTable.Find(System.Text.Encoding.ASCII.GetBytes(words[0])) is not { } command)
                continue;
            if (command.Subcommands.Length > 0 && CommandTable.FindSubcommand(command, System.Text.Encoding.ASCII.GetBytes(words[1])) is null)
                continue;
            foreach (string subcommand in (string[])["GETKEYS", "GETKEYSANDFLAGS"])
            {
                string[] call = ["COMMAND", subcommand, .. words];
                Assert.Equal(line + " " + RespFrame.Printable(_reference.Call(3, call).Raw), line + " " + RespFrame.Printable(CommandRunner.Run(3, call).Raw));
            }
        }
    }

    private static string Describe(RespFrame docs, string field)
    {
        // What was deprecated after the reference server's version counts as not deprecated.
        if (field is "deprecated_since" or "doc_flags" && Field(docs, "deprecated_since") is { } since && IsNew(since.Text))
            return "nothing";
        var value = Field(docs, field);
        if (value is null)
            return "nothing";
        return field == "arguments" ? Shape(value, IsNewArgument) : Shape(value);
    }

    private static RespFrame? Field(RespFrame map, string name)
    {
        for (int i = 0; i + 1 < map.Items!.Length; i += 2)
        {
            if (map.Items[i].Text == name)
                return map.Items[i + 1];
        }
        return null;
    }

    /// <summary>An argument that came after the reference server's version.</summary>
    private static bool IsNewArgument(RespFrame item) =>
        item.Items is { Length: > 0 } && item.Items[0].Text == "name" && Field(item, "since") is { } since && IsNew(since.Text);

    private static bool IsNew(string version) => Version.Parse(version) > new Version(7, 0, 15);

    private static string Shape(RespFrame frame, Func<RespFrame, bool>? leftOut = null)
    {
        if (frame.Items is null)
            return frame.Type + (frame.IsNull ? "null" : frame.Text);
        var items = frame.Items.Where(i => leftOut is null || !leftOut(i)).Select(i => Shape(i, leftOut));
        return $"{frame.Type}[{string.Join(" ", items)}]";
    }

    /// <summary>The real server with a RESP2 and a RESP3 connection, for all tests of the class.</summary>
    public sealed class Reference : IDisposable
    {
        private readonly RedisServerProcess _server = new();
        private readonly RespClient _resp2;
        private readonly RespClient _resp3;

        public Reference()
        {
            _resp2 = _server.Connect();
            _resp3 = _server.Connect();
            _resp3.Call("HELLO", "3");
        }

        public RespFrame Call(byte resp, params string[] words) => (resp == 2 ? _resp2 : _resp3).Call(words);

        public void Dispose()
        {
            _resp2.Dispose();
            _resp3.Dispose();
            _server.Dispose();
        }
    }
}
