using FastKv.Engine.Commands;
using Xunit;

namespace FastKv.Tests.Commands;

/// <summary>Key specifications of every kind, on descriptors made by hand; COMMAND GETKEYS against redis-server is in CommandReferenceTests.</summary>
public sealed unsafe class KeyExtractorTests
{
    private static readonly KeySpec s_first = Range(index: 1, lastKey: 0);
    private static readonly KeySpec s_rest = Range(index: 2, lastKey: -1);
    private static readonly KeySpec s_pairs = Range(index: 1, lastKey: -1, step: 2);
    private static readonly KeySpec s_streams = new(KeyAccess.RO, 0, "STREAMS", 1, -1, 1, 2, -1, 0, "");
    private static readonly KeySpec s_keysFromEnd = new(KeyAccess.RW, 0, "KEYS", -2, -1, 1, 0, -1, 0, "");
    private static readonly KeySpec s_counted = new(KeyAccess.RO, 2, "", 0, 0, 1, 0, 0, 1, "");
    private static readonly KeySpec s_channel = Range(index: 1, lastKey: 0) with { Access = KeyAccess.NotKey };
    private static readonly KeySpec s_unknown = new(KeyAccess.RO, 0, "", 0, 0, 1, 0, -1, 0, "");

    public static TheoryData<string, string, string> Examples => new()
    {
        { "first", "get a", "1" },
        { "first", "get", "invalid" },
        { "first rest", "bitop d a b", "1 2 3" },
        { "first rest", "bitop d", "invalid" },
        { "pairs", "mset a 1 b 2", "1 3" },
        { "pairs", "mset a 1 b", "1 3" },
        { "streams", "xread COUNT 1 streams a b 0 0", "4 5" },
        { "streams", "xread streams a 0", "2" },
        { "streams", "xread count 1", "" },
        { "streams", "xread streams", "" },
        { "keysFromEnd", "migrate h p x 0 1 KEYS a b", "7 8" },
        { "keysFromEnd", "migrate h p x 0 1", "" },
        { "counted", "eval s 2 a b c", "3 4" },
        { "counted", "eval s 3 a b", "invalid" },
        { "counted", "eval s 0 a", "invalid" },
        { "counted", "eval s -1 a", "invalid" },
        { "counted", "eval s 9223372036854775807 a", "invalid" },
        { "counted", "eval s x a", "invalid" },
        { "counted", "eval s", "invalid" },
        { "channel", "publish c m", "" },
        { "first unknown", "sort a by b", "1" },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void FindsKeys(string specs, string line, string expected)
    {
        var command = Descriptor(specs);
        CommandRunner.WithArguments(line.Split(' '), (arguments, count) =>
        {
            Span<int> positions = stackalloc int[16];
            int found = KeyExtractor.Extract(command, arguments, count, positions);
            Assert.Equal(expected, found == KeyExtractor.Invalid ? "invalid" : string.Join(" ", positions[..found].ToArray()));
            Assert.Equal(expected == "invalid" ? "" : expected, string.Join(" ", KeyExtractor.Positions(command, arguments, count).ToArray()));
            return 0;
        });
    }

    [Fact]
    public void CommandsThatNeedNoKeysMayHaveNone()
    {
        var command = Descriptor("counted");
        command.Flags = CommandFlags.NoMandatoryKeys;
        Assert.Equal(0, CommandRunner.WithArguments(["eval", "s", "0", "a"], (arguments, count) => KeyExtractor.Extract(command, arguments, count, default)));
    }

    [Fact]
    public void CountsBeyondTheBuffer()
    {
        var command = Descriptor("pairs");
        string[] words = [.. Enumerable.Range(0, 2001).Select(i => i.ToString())];
        CommandRunner.WithArguments(words, (arguments, count) =>
        {
            Span<int> two = stackalloc int[2];
            Span<byte> specs = stackalloc byte[2];
            Assert.Equal(1000, KeyExtractor.Extract(command, arguments, count, two, specs));
            Assert.Equal([1, 3], two.ToArray());
            Assert.Equal([0, 0], specs.ToArray());
            Assert.Equal(Enumerable.Range(0, 1000).Select(i => 2 * i + 1), KeyExtractor.Positions(command, arguments, count).ToArray());
            return 0;
        });
    }

    [Fact]
    public void AllocatesNothing()
    {
        var command = Descriptor("first rest");
        CommandRunner.WithArguments(["bitop", "d", "a", "b", "c"], (arguments, count) =>
        {
            _ = KeyExtractor.Positions(command, arguments, count);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
                _ = KeyExtractor.Positions(command, arguments, count);
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            return 0;
        });
    }

    private static KeySpec Range(int index, int lastKey, int step = 1) => new(KeyAccess.RW, index, "", 0, lastKey, step, 0, -1, 0, "");

    private static CommandDescriptor Descriptor(string specs) => new()
    {
        Name = "x",
        KeySpecs = [.. specs.Split(' ').Select(name => name switch
        {
            "first" => s_first,
            "rest" => s_rest,
            "pairs" => s_pairs,
            "streams" => s_streams,
            "keysFromEnd" => s_keysFromEnd,
            "counted" => s_counted,
            "channel" => s_channel,
            _ => s_unknown,
        })],
    };
}
