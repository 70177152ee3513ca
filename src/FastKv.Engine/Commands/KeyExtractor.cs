using System.Text;
using FastKv.Protocol;

namespace FastKv.Engine.Commands;

// Data plane: no allocation. Where the keys of a command stand among its arguments, by the legacy range, the key specifications or a function of its own
// (CommandAttribute.KeyFinder). Routing uses it for commands with KeysBySpec, COMMAND GETKEYS for all.

/// <summary>Finds the key arguments of a command (Redis: "Key specifications").</summary>
internal static unsafe class KeyExtractor
{
    /// <summary>The arguments do not fit the command's specifications: a count that is no number, or keys beyond the end.</summary>
    public const int Invalid = -1;

    /// <summary>Grown to the most keys seen: in the steady state nothing is allocated.</summary>
    [ThreadStatic]
    private static int[]? t_positions;

    /// <summary>
    /// The argument indices of the keys, in order; empty when there are none or the arguments do not fit. Valid until the next call on the same thread.
    /// </summary>
    public static ReadOnlySpan<int> Positions(CommandDescriptor command, Argument* arguments, int count)
    {
        var positions = t_positions ??= new int[64];
        int found = Extract(command, arguments, count, positions);
        if (found > positions.Length)
        {
            t_positions = positions = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)found)];
            found = Extract(command, arguments, count, positions);
        }
        return positions.AsSpan(0, Math.Max(found, 0));
    }

    /// <summary>
    /// Writes the argument indices of the keys into <paramref name="positions"/>, in order of the specifications, and returns how many there are. When that is
    /// more than fit, the rest is not written: call again with room. <see cref="Invalid"/>: the handler will reply with an error, which needs no key.
    /// O(keys), and O(arguments) for a specification by keyword.
    /// </summary>
    /// <param name="command">Command or subcommand.</param>
    /// <param name="args">The command's arguments; 0 is its name.</param>
    /// <param name="count">Number of arguments.</param>
    /// <param name="positions">Room for the indices; may be empty, to count.</param>
    /// <param name="specs">Unless empty, receives for each key the index of its specification in <see cref="CommandDescriptor.KeySpecs"/>.</param>
    public static int Extract(CommandDescriptor command, Argument* args, int count, Span<int> positions, Span<byte> specs = default)
    {
        if (command.FindKeys != null)
            return command.FindKeys(args, count, positions, specs);
        int found = 0;
        for (int s = 0; s < command.KeySpecs.Length; s++)
        {
            var spec = command.KeySpecs[s];
            if ((spec.Access & KeyAccess.NotKey) != 0)
                continue;
            int begin = Begin(spec, args, count);
            if (begin == 0)
                continue;
            if (!TryRange(spec, args, count, begin, out int first, out int last))
                return (command.Flags & CommandFlags.NoMandatoryKeys) != 0 ? 0 : Invalid;
            for (int i = first; i <= last; i += spec.KeyStep)
            {
                if (found < positions.Length)
                    positions[found] = i;
                if (found < specs.Length)
                    specs[found] = (byte)s;
                found++;
            }
        }
        return found;
    }

    /// <summary>Index where the keys of <paramref name="spec"/> begin; 0: its keyword does not occur, or it cannot be found this way.</summary>
    private static int Begin(KeySpec spec, Argument* args, int count)
    {
        if (spec.IsUnknown)
            return (spec.Access & KeyAccess.OW) != 0 ? Generic.SortKeys.Destination(args, count) : 0;
        if (spec.Keyword.Length == 0)
            return spec.Index;
        if (spec.StartFrom > 0)
        {
            for (int i = spec.StartFrom; i < count - 1; i++)
            {
                if (Ascii.EqualsIgnoreCase(args[i].Span, spec.Keyword))
                    return i + 1;
            }
            return 0;
        }
        for (int i = count + spec.StartFrom; i > 1; i--)
        {
            if (Ascii.EqualsIgnoreCase(args[i].Span, spec.Keyword))
                return i + 1;
        }
        return 0;
    }

    private static bool TryRange(KeySpec spec, Argument* args, int count, int begin, out int first, out int last)
    {
        first = begin;
        last = 0;
        if (spec.CountIndex < 0)
        {
            if (spec.LastKey >= 0)
                last = first + spec.LastKey;
            else if (spec.Limit == 0)
                last = count + spec.LastKey;
            else
                last = first + (count - first) / spec.Limit + spec.LastKey;
        }
        else
        {
            int countAt = begin + spec.CountIndex;
            if (countAt >= count || !NumberText.TryParseInt64(args[countAt].Span, out long keys) || keys <= 0 || keys > count)
                return false;
            first = begin + spec.FirstKeyAfterCount;
            long end = first + (keys - 1) * spec.KeyStep;
            if (end >= count)
                return false;
            last = (int)end;
        }
        return first < count && last >= first && last < count;
    }
}
