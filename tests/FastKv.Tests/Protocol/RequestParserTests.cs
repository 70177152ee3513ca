using System.Text;
using FastKv.Protocol;
using Xunit;

namespace FastKv.Tests.Protocol;

public sealed class RequestParserTests
{
    private const string Mixed =
        "*2\r\n$3\r\nGET\r\n$16\r\n0123456789abcdef\r\n*3\r\n$3\r\nSET\r\n$0\r\n\r\n$1\r\nx\r\nPING\r\n\r\n  ECHO \"a\\x41\\n\" 'it\\'s' b\"c\" \n"
        + "*0\r\n*-1\r\n*12\r\n$4\r\nMSET\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n"
        + "$1\r\n7\r\n$1\r\n8\r\n$1\r\n9\r\n$2\r\n10\r\n$2\r\n11\r\n"
        + "*1\r\n$120\r\nPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP\r\n"
        + "*1\r\n$4\r\nLAST\r\n";

    private static readonly string[] MixedCommands =
    [
        "[GET][0123456789abcdef]", "[SET][][x]", "[PING]", "[ECHO][aA\n][it's][bc]", "[MSET][1][2][3][4][5][6][7][8][9][10][11]",
        "[" + new string('P', 120) + "]", "[LAST]",
    ];

    [Fact]
    public void DecodesAllFormsOfCommands()
    {
        ParsedInput parsed = ParsedInput.Of(Mixed);
        Assert.Equal(MixedCommands, parsed.Commands);
        Assert.False(parsed.IsMidCommand);
        Assert.Equal(0, parsed.BytesNeeded);
    }

    [Fact]
    public void AnyCutGivesTheSameCommands()
    {
        byte[] input = Encoding.Latin1.GetBytes(Mixed);
        for (int cut = 0; cut <= input.Length; cut++)
            Assert.Equal(MixedCommands, ParsedInput.Of(input, [cut, input.Length]).Commands);
        for (int piece = 1; piece < 40; piece++)
            Assert.Equal(MixedCommands, ParsedInput.Of(input, Enumerable.Repeat(piece, input.Length)).Commands);
    }

    [Fact]
    public void MutatedInputGivesTheSameResultWholeAndCutAndStaysInBounds()
    {
        const int seed = 20261121;
        var random = new Random(seed);
        byte[] seedInput = Encoding.Latin1.GetBytes(Mixed);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] input = Mutate(seedInput, random);
            ParsedInput whole = ParsedInput.Of(input);
            ParsedInput cut = ParsedInput.Of(input, Enumerable.Repeat(0, input.Length + 1).Select(_ => random.Next(1, 30)));
            whole.AssertSame(cut, $"seed {seed} round {round}");
        }
    }

    [Theory]
    [InlineData("*2147483648\r\n", "invalid multibulk length")]
    [InlineData("*\r\n", "invalid multibulk length")]
    [InlineData("*01\r\n", "invalid multibulk length")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$04\r\nPING\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$536870913\r\n", "invalid bulk length")]
    [InlineData("*1\r\n+PING\r\n", "expected '$', got '+'")]
    [InlineData("*1\r\n\r\n", "expected '$', got ' '")]
    [InlineData("*1\r\n\xff\r\n", "expected '$', got '\xff'")]
    [InlineData("\"PING\"x\r\n", "unbalanced quotes in request")]
    [InlineData("'PING\r\n", "unbalanced quotes in request")]
    public void BrokenProtocolGivesRedisText(string input, string error)
    {
        Assert.Equal("ERR Protocol error: " + error, ParsedInput.Of(input).Error);
        byte[] bytes = Encoding.Latin1.GetBytes(input);
        Assert.Equal("ERR Protocol error: " + error, ParsedInput.Of(bytes, Enumerable.Repeat(1, bytes.Length)).Error);
    }

    [Theory]
    [InlineData("*11\r\n", "unauthenticated multibulk length")]
    [InlineData("*1\r\n$16385\r\n", "unauthenticated bulk length")]
    [InlineData("*10\r\n", "")]
    [InlineData("*1\r\n$16384\r\n", "")]
    public void StrangersAreHeldShort(string input, string error)
    {
        Assert.Equal(error.Length == 0 ? "" : "ERR Protocol error: " + error, ParsedInput.Of(input, authenticated: false).Error);
        Assert.Equal("", ParsedInput.Of(input).Error);
    }

    [Theory]
    [InlineData('*', "", "too big mbulk count string")]
    [InlineData('$', "*1\r\n", "too big bulk count string")]
    [InlineData('a', "", "too big inline request")]
    public void LinesWithoutEndRunIntoTheLimit(char first, string before, string error)
    {
        Assert.Equal("", ParsedInput.Of(before + first + new string('1', 65_535)).Error);
        Assert.Equal("ERR Protocol error: " + error, ParsedInput.Of(before + first + new string('1', 65_536)).Error);
        // Behind a zero byte Redis sees no line end.
        Assert.True(ParsedInput.Of(before + first + "\0\r\n").IsMidCommand);
        Assert.Equal("ERR Protocol error: " + error, ParsedInput.Of(before + first + "\0\r\n" + new string('1', 65_536)).Error);
    }

    [Fact]
    public void LimitsAreObeyed()
    {
        var limits = new ProtocolLimits { BulkBytesMax = 1000, InlineBytesMax = 100, ArgumentsMax = 20 };
        Assert.Equal("ERR Protocol error: invalid bulk length", ParsedInput.Of("*1\r\n$1001\r\n"u8.ToArray(), limits: limits).Error);
        byte[] whole = Encoding.Latin1.GetBytes("*1\r\n$1001\r\n" + new string('x', 2000));
        Assert.Equal("ERR Protocol error: invalid bulk length", ParsedInput.Of(whole, limits: limits).Error);
        Assert.Equal("", ParsedInput.Of("*1\r\n$1000\r\n"u8.ToArray(), limits: limits).Error);
        Assert.Equal("ERR Protocol error: invalid multibulk length", ParsedInput.Of("*21\r\n"u8.ToArray(), limits: limits).Error);
        Assert.Equal("ERR Protocol error: too big inline request", ParsedInput.Of(Encoding.Latin1.GetBytes(new string('a', 101)), limits: limits).Error);
    }

    [Fact]
    public unsafe void LineEndsBehindPayloadsAreSkippedUnread() =>
        Assert.Equal(["[PING]", "[PING]"], ParsedInput.Of("*1\r\n$4\r\nPINGxx*1\rx$4\rxPINGyy").Commands);

    [Fact]
    public void BytesNeededIsExactForThePayload()
    {
        Assert.Equal(100_000 + 2 - 3, ParsedInput.Of("*2\r\n$3\r\nGET\r\n$100000\r\nabc").BytesNeeded);
        Assert.Equal(1, ParsedInput.Of("*2\r\n$3\r\nGET\r\n$1000").BytesNeeded);
        Assert.True(ParsedInput.Of("*2\r\n").IsMidCommand);
        Assert.False(ParsedInput.Of("\r\n").IsMidCommand);
    }

    [Fact]
    public unsafe void AMillionArgumentsInSmallPiecesTakeOneScan()
    {
        const int total = 1_000_000;
        byte[] header = Encoding.Latin1.GetBytes($"*{total}\r\n");
        byte[] item = "$3\r\nabc\r\n"u8.ToArray();
        byte[] input = [.. header, .. Enumerable.Repeat(item, total).SelectMany(bytes => bytes)];
        using var arguments = new ArgumentArray();
        var limits = new ProtocolLimits();
        var parser = new RequestParser { Authenticated = true };
        fixed (byte* start = input)
        {
            byte* cursor = start;
            ParseStatus status = ParseStatus.Incomplete;
            int count = 0;
            for (long given = 0; status == ParseStatus.Incomplete && given < input.Length;)
            {
                given = Math.Min(given + (16 * 1024), input.Length);
                byte* before = cursor;
                status = parser.Next(ref cursor, start + given, arguments, limits, out _, out count);
                Assert.True(start + given - cursor < item.Length, "what was decoded stays decoded");
                Assert.True(cursor > before);
            }
            Assert.Equal(ParseStatus.Command, status);
            Assert.Equal(total, count);
            Assert.Equal("abc", Encoding.Latin1.GetString(arguments.Items[total - 1].Span));
            Assert.Equal(0, parser.NativeBytes);
        }
        arguments.Clear();
        arguments.Trim(1024);
        Assert.Equal(0, arguments.Capacity);
    }

    [Fact]
    public unsafe void CommandsOfOneBatchLieBehindEachOtherAndCostNoManagedMemory()
    {
        const string pair = "*2\r\n$3\r\nGET\r\n$16\r\n0123456789abcdef\r\nPING\r\n";
        byte[] input = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(pair, 50)) + "*1\r\n$4\r\nPI");
        using var arguments = new ArgumentArray();
        var limits = new ProtocolLimits();
        var parser = new RequestParser { Authenticated = true };
        fixed (byte* start = input)
        {
            int commands = 0;
            long allocated = 0;
            for (int round = 0; round < 3; round++)
            {
                commands = 0;
                arguments.Clear();
                long before = GC.GetAllocatedBytesForCurrentThread();
                byte* cursor = start;
                while (parser.Next(ref cursor, start + input.Length, arguments, limits, out _, out _) == ParseStatus.Command)
                    commands++;
                parser.Reset();
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }
            Assert.Equal(100, commands);
            Assert.Equal(150, arguments.Count);
            Assert.Equal(0, allocated);
        }
    }

    internal static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        ReadOnlySpan<byte> favourites = "*$\r\n0123456789-\"'\\ \0x:+"u8;
        for (int change = random.Next(1, 6); change > 0; change--)
        {
            int at = random.Next(bytes.Count);
            byte value = random.Next(8) == 0 ? (byte)random.Next(256) : favourites[random.Next(favourites.Length)];
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = value;
                    break;
                case 1:
                    bytes.Insert(at, value);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 4), bytes.Count - at));
                    break;
                default:
                    int from = random.Next(bytes.Count);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(random.Next(1, 20), bytes.Count - from)));
                    break;
            }
        }
        int start = random.Next(4) == 0 ? random.Next(bytes.Count) : 0;
        return bytes.GetRange(start, random.Next(1, bytes.Count - start + 1)).ToArray();
    }
}
