using System.Text;
using FastKv.Engine.Commands.Server;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Commands;

/// <summary>The syntax notation: small examples, errors, and all commands of redis-server 7.0.15 written in it.</summary>
public sealed class SyntaxNotationTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("key", "key:key#0")]
    [InlineData("key value", "key:key#0 value:string")]
    [InlineData("key seconds", "key:key#0 seconds:integer")]
    [InlineData("key increment:double", "key:key#0 increment:double")]
    [InlineData("key newkey", "key:key#0 newkey:key#1")]
    [InlineData("key1 key2#0", "key1:key#0 key2:key#0")]
    [InlineData("key [key ...]", "key:key#0...")]
    [InlineData("key...", "key:key#0...")]
    [InlineData("key [element...]", "key:key#0 element:string?...")]
    [InlineData("field value [field value ...]", "field_value:block(field:string value:string)...")]
    [InlineData("(field value)...", "field_value:block(field:string value:string)...")]
    [InlineData("data(field value)...", "data:block(field:string value:string)...")]
    [InlineData("[NX | XX]", "nx_xx:oneof(`NX` nx:pure-token `XX` xx:pure-token)?")]
    [InlineData("condition[NX | XX]@2.6.12", "condition:oneof(`NX` nx:pure-token `XX` xx:pure-token)?@2.6.12")]
    [InlineData("<LEFT | RIGHT>", "left_right:oneof(`LEFT` left:pure-token `RIGHT` right:pure-token)")]
    [InlineData("[GET]", "`GET` get:pure-token?")]
    [InlineData("[EX seconds | KEEPTTL]", "seconds_keepttl:oneof(`EX` seconds:integer `KEEPTTL` keepttl:pure-token)?")]
    [InlineData("[change=CH]", "`CH` change:pure-token?")]
    [InlineData("[EXAT unix-time-seconds]", "`EXAT` unix-time-seconds:unix-time?")]
    [InlineData("[LIMIT (offset count)]", "`LIMIT` offset_count:block(offset:integer count:integer)?")]
    [InlineData("count[COUNT count [ANY]]", "count:block(`COUNT` count:integer `ANY` any:pure-token?)?")]
    [InlineData("[(GET pattern)...]", "`GET` pattern:pattern?...+")]
    [InlineData("[GET pattern]...", "`GET` pattern:pattern?...+")]
    [InlineData("[GET pattern [GET pattern ...]]", "`GET` pattern:pattern?...+")]
    [InlineData("[WEIGHTS weight:integer...]", "`WEIGHTS` weight:integer?...")]
    [InlineData("MAXLEN operator[equal== | approximately=~] threshold",
        "`MAXLEN` maxlen:pure-token operator:oneof(`=` equal:pure-token `~` approximately:pure-token)? threshold:string")]
    [InlineData("ip:port~2.8.12", "ip:port:string~2.8.12")]
    [InlineData("empty=\"\"", "`` empty:pure-token")]
    [InlineData("id'the id'", "id:string'the id'")]
    [InlineData("key [count@6.2.0]", "key:key#0 count:integer?@6.2.0")]
    public void ReadsExamples(string syntax, string expected) => Assert.Equal(expected, Describe(SyntaxNotation.Parse(syntax)));

    [Theory]
    [InlineData("[key")]
    [InlineData("key]")]
    [InlineData("(a | )")]
    [InlineData("( | a)")]
    [InlineData("a | b")]
    [InlineData("[]")]
    [InlineData("a ...")]
    [InlineData("[a ... b]")]
    [InlineData("(a b)nonsense")]
    public void RejectsWhatIsNotNotation(string syntax) => Assert.Throws<SyntaxNotationException>(() => SyntaxNotation.Parse(syntax));

    [Fact]
    public void ExpressesEveryCommandOfRedis()
    {
        string[] lines = File.ReadAllLines(Path.Combine(TestEnvironment.RepositoryRoot, "tests/FastKv.Tests/Commands/SyntaxOfRedis70.txt"));
        using var server = new RedisServerProcess();
        using var client = server.Connect();
        var problems = new List<string>();
        foreach (string line in lines)
        {
            string[] fields = line.Split('\t');
            var docs = client.Call("COMMAND", "DOCS", fields[0]).Items![1];
            string expected = Field(docs, "arguments") is { } arguments ? Describe(arguments.Items!) : "";
            string actual = Describe(SyntaxNotation.Parse(fields[1]));
            if (expected != actual)
                problems.Add($"{fields[0]}:\n  {expected}\n  {actual}");
        }
        Assert.True(problems.Count == 0, string.Join("\n", problems));
        Assert.Equal(client.Call("COMMAND", "LIST").Items!.Length, lines.Length);
    }

    private static string Describe(IEnumerable<SyntaxArgument> arguments) => string.Join(" ", arguments.Select(a =>
    {
        var text = new StringBuilder();
        if (a.Token is not null)
            text.Append($"`{a.Token}` ");
        text.Append($"{a.Name}:{a.Type}");
        if (a.Arguments.Count > 0)
            text.Append($"({Describe(a.Arguments)})");
        return Finish(text, a.KeySpecIndex, a.Optional, a.Multiple, a.MultipleToken, a.Since, a.DeprecatedSince, a.DisplayText);
    }));

    private static string Describe(RespFrame[] arguments) => string.Join(" ", arguments.Select(a =>
    {
        var text = new StringBuilder();
        if (Field(a, "token") is { } token)
            text.Append($"`{token.Text}` ");
        text.Append($"{Field(a, "name")!.Text}:{Field(a, "type")!.Text}");
        if (Field(a, "arguments") is { } inner)
            text.Append($"({Describe(inner.Items!)})");
        var flags = Field(a, "flags")?.Items!.Select(f => f.Text).ToHashSet() ?? [];
        return Finish(
            text, (int)(Field(a, "key_spec_index")?.Integer ?? -1), flags.Contains("optional"), flags.Contains("multiple"), flags.Contains("multiple_token"),
            Field(a, "since")?.Text ?? "", Field(a, "deprecated_since")?.Text ?? "", "");
    }));

    private static string Finish(
        StringBuilder text, int keySpec, bool optional, bool multiple, bool multipleToken, string since, string deprecatedSince, string displayText)
    {
        if (keySpec >= 0)
            text.Append($"#{keySpec}");
        text.Append(optional ? "?" : "").Append(multiple ? "..." : "").Append(multipleToken ? "+" : "");
        if (since.Length > 0)
            text.Append($"@{since}");
        if (deprecatedSince.Length > 0)
            text.Append($"~{deprecatedSince}");
        if (displayText.Length > 0)
            text.Append($"'{displayText}'");
        return text.ToString();
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
}
