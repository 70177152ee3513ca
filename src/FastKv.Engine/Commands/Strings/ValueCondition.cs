using System.Text;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Strings;

// Data plane. Conditions on the present value (Redis 8.4): IFEQ and IFNE compare the bytes, IFDEQ and IFDNE the digest, 16 hexadecimal digits of XXH3-64.

/// <summary>The digest of values, and conditions on them.</summary>
internal static unsafe class ValueCondition
{
    /// <summary>Length of a digest's text.</summary>
    public const int DigestCharsMax = 16;

    /// <summary>Writes the digest of <paramref name="value"/>: 16 lower-case hexadecimal digits. O(length).</summary>
    public static void WriteDigest(ReadOnlySpan<byte> value, Span<byte> text)
    {
        ulong hash;
        fixed (byte* bytes = value)
            hash = Xxh3.Hash(bytes, value.Length);
        for (int i = 0; i < DigestCharsMax; i++)
            text[i] = "0123456789abcdef"u8[(int)(hash >> (60 - (4 * i))) & 15];
    }

    /// <summary>Whether the argument can be a digest, which only its length tells, as in Redis; replies the error if not.</summary>
    public static bool CheckDigest(ref CommandContext context, int argument)
    {
        if (context[argument].Length == DigestCharsMax)
            return true;
        context.Reply.Error(Errors.NotADigest);
        return false;
    }

    /// <summary>Whether <paramref name="condition"/>, one of the comparisons, holds for a string that exists.</summary>
    public static bool Holds(StringOption condition, EntryRef entry, ReadOnlySpan<byte> compared)
    {
        Span<byte> scratch = stackalloc byte[NumberText.Int64CharsMax];
        var value = StringEdit.Read(entry, scratch);
        bool equal;
        if ((condition & (StringOption.IfEq | StringOption.IfNe)) != 0)
        {
            equal = value.SequenceEqual(compared);
        }
        else
        {
            Span<byte> digest = stackalloc byte[DigestCharsMax];
            WriteDigest(value, digest);
            equal = Ascii.EqualsIgnoreCase(compared, digest);
        }
        return equal == ((condition & (StringOption.IfEq | StringOption.IfDigestEq)) != 0);
    }
}
