using FastKv.Protocol;

namespace FastKv.Engine.Commands.Generic;

/// <summary>The keys of MIGRATE, which its specifications name too broadly: a password may be the word KEYS. Data plane.</summary>
internal static unsafe class MigrateKeys
{
    public const int FirstOption = 6;
    public const int KeyIndex = 3;

    /// <summary>As <see cref="KeyExtractor.Extract"/>. O(arguments).</summary>
    public static int Extract(Argument* arguments, int count, Span<int> positions, Span<byte> specs)
    {
        var (first, keys) = Range(arguments, count);
        if (keys == 0)
            return KeyExtractor.Invalid;
        for (int i = 0; i < keys && i < positions.Length; i++)
        {
            positions[i] = first + i;
            if (i < specs.Length)
                specs[i] = 0; // Redis finds both kinds by a function of the command's own, and tells the flags of the first specification.
        }
        return keys;
    }

    /// <summary>Where the keys begin, and how many there are; none when KEYS stands beside a key that is not empty, which is an error. O(arguments).</summary>
    private static (int First, int Count) Range(Argument* arguments, int count)
    {
        for (int i = FirstOption; i < count; i++)
        {
            var option = arguments[i].Span;
            if (System.Text.Ascii.EqualsIgnoreCase(option, "KEYS"u8))
                return arguments[KeyIndex].Length > 0 ? (i + 1, 0) : (i + 1, count - i - 1);
            if (System.Text.Ascii.EqualsIgnoreCase(option, "AUTH"u8))
                i++;
            else if (System.Text.Ascii.EqualsIgnoreCase(option, "AUTH2"u8))
                i += 2;
        }
        return (KeyIndex, 1);
    }
}
