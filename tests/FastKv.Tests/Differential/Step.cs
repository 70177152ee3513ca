using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Differential;

/// <summary>How the two replies to one command are compared. Error replies are compared byte for byte in every mode but <see cref="Ignored"/>.</summary>
public enum Comparison
{
    /// <summary>Byte for byte.</summary>
    Exact,

    /// <summary>The elements of an array, byte for byte, in any order (KEYS).</summary>
    Unordered,

    /// <summary>Name and value pairs in any order (CONFIG GET of several names).</summary>
    UnorderedPairs,

    /// <summary>Integers that depend on the moment: equal, or both not negative and close (see <see cref="Step.Tolerance"/>).</summary>
    Near,

    /// <summary>Same types and lengths all the way down; contents differ by nature (TIME).</summary>
    Shape,

    /// <summary>Equal but for delivery, idle and seen times of consumer groups (XPENDING, XINFO).</summary>
    StreamTimes,

    /// <summary>Same type byte of the reply (INFO, CLIENT LIST, MEMORY STATS).</summary>
    TypeOnly,

    /// <summary>The step is a whole SCAN iteration; the sets of keys found are compared.</summary>
    Scan,

    /// <summary>HSCAN's reply: the cursor byte for byte, then pairs in any order.</summary>
    ScanOfPairs,

    /// <summary>RANDOMKEY: both null, or each a key that exists on the other server.</summary>
    RandomKey,

    /// <summary>Not a command: both servers get time to pass.</summary>
    Pause,

    /// <summary>Sent, answered, not compared; the step says why.</summary>
    Ignored,
}

/// <summary>One command of a generated sequence.</summary>
/// <param name="Arguments">The command and its arguments.</param>
/// <param name="Mode">How its replies are compared.</param>
/// <param name="Tolerance">For <see cref="Comparison.Near"/>: the largest difference; for <see cref="Comparison.Pause"/>: milliseconds.</param>
public sealed record Step(byte[][] Arguments, Comparison Mode = Comparison.Exact, long Tolerance = 0)
{
    /// <summary>
    /// Sent in one batch with the next step. A batch begins when both servers have answered the one before: a key with a short time to live, last of a batch,
    /// would be gone for the server that had to wait for the other one.
    /// </summary>
    public bool WithNext { get; init; }

    /// <summary>The command's name in upper case.</summary>
    public string Name => Mode == Comparison.Pause ? "(pause)" : Encoding.Latin1.GetString(Arguments[0]).ToUpperInvariant();

    /// <summary>An argument as upper-case text, or "" when there are fewer.</summary>
    public string Argument(int index) => index < Arguments.Length ? Encoding.Latin1.GetString(Arguments[index]).ToUpperInvariant() : "";

    /// <summary>The command as it could be typed into redis-cli.</summary>
    public override string ToString()
    {
        if (Mode == Comparison.Pause)
            return $"(pause {Tolerance} ms)";
        return string.Join(' ', Arguments.Select(a => IsPlain(a) ? Encoding.ASCII.GetString(a) : RespFrame.Printable(a)));
    }

    private static bool IsPlain(byte[] bytes) => bytes.Length is > 0 and < 200 && Array.TrueForAll(bytes, b =>
        b is > 32 and < 127 and not (byte)'"' and not (byte)'\'' and not (byte)'\\');
}
