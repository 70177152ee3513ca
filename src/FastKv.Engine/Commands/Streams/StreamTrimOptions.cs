using FastKv.Structures;

namespace FastKv.Engine.Commands.Streams;

// Data plane. The options that XADD and XTRIM share.

/// <summary>The trimming options, and XADD's others, as parsed; the rules of precedence and the texts of errors are Redis's.</summary>
internal struct StreamTrimOptions
{
    /// <summary>Redis removes at most so many of its nodes when no LIMIT was given.</summary>
    private const long NodesPerTrim = 100;
    private const long LimitMax = 1_000_000;
    private const long LimitWithoutNodeSize = 10_000;

    /// <summary>The trim; to be run if <see cref="HasTrim"/>.</summary>
    public StreamTrim Trim;

    public bool HasTrim;
    public bool NoMakeStream;

    /// <summary>Where XADD's ID stands; the end if there is none.</summary>
    public int IdIndex;

    /// <summary>Whether the ID is given (not *), and whether with its number (not ms-*).</summary>
    public bool HasId;
    public bool HasSeq;
    public StreamId Id;

    /// <summary>Parses from argument 2 on; false: the error was replied.</summary>
    public static bool TryParse(ref CommandContext context, bool isAdd, long nodeEntriesMax, out StreamTrimOptions options)
    {
        options = default;
        bool hasLimit = false;
        int i = 2;
        for (; i < context.Count; i++)
        {
            bool hasMore = i + 1 < context.Count;
            if (isAdd && context[i] is [(byte)'*'])
                break;
            if (hasMore && (context.Is(i, "MAXLEN"u8) || context.Is(i, "MINID"u8)))
            {
                if (!options.TryStrategy(ref context, ref i))
                    return false;
            }
            else if (hasMore && context.Is(i, "LIMIT"u8))
            {
                if (!context.TryInteger(++i, out options.Trim.Limit))
                    return false;
                if (options.Trim.Limit < 0)
                    return Fail(ref context, Errors.NegativeTrimLimit);
                hasLimit = true;
            }
            else if (isAdd && context.Is(i, "NOMKSTREAM"u8))
            {
                options.NoMakeStream = true;
            }
            else if (StreamArguments.TryReferences(ref context, i, out var references))
            {
                options.Trim.References = references;
            }
            else if (isAdd)
            {
                if (!StreamArguments.TryNewId(ref context, i, out options.Id, out options.HasSeq))
                    return false;
                options.HasId = true;
                break;
            }
            else
            {
                return Fail(ref context, Errors.Syntax);
            }
        }
        options.IdIndex = i;

        if (options.Trim.Limit != 0 && !options.HasTrim)
            return Fail(ref context, Errors.LimitWithoutStrategy);
        if (!isAdd && !options.HasTrim)
            return Fail(ref context, Errors.TrimWithoutStrategy);
        // Redis's own AOF says a trim exactly, and leaves a limit there that then means nothing.
        if (hasLimit && !options.Trim.IsApproximate && context.Client.Connection is not null)
            return Fail(ref context, Errors.LimitWithoutTilde);
        if (!hasLimit && options.Trim.IsApproximate)
            options.Trim.Limit = DefaultLimit(nodeEntriesMax);
        return true;
    }

    private bool TryStrategy(ref CommandContext context, ref int i)
    {
        if (HasTrim)
            return Fail(ref context, Errors.TwoTrimStrategies);
        Trim.ById = context.Is(i, "MINID"u8);
        Trim.IsApproximate = false;
        if (i + 2 < context.Count && context[i + 1] is [(byte)'~'] or [(byte)'='])
        {
            Trim.IsApproximate = context[i + 1][0] == '~';
            i++;
        }
        i++;
        HasTrim = true;
        if (Trim.ById)
            return StreamArguments.TryId(ref context, i, out Trim.MinId);
        if (!context.TryInteger(i, out Trim.MaxLength))
            return false;
        return Trim.MaxLength >= 0 || Fail(ref context, Errors.NegativeTrimLength);
    }

    private static long DefaultLimit(long nodeEntriesMax)
    {
        long limit = unchecked(NodesPerTrim * nodeEntriesMax);
        return limit <= 0 ? LimitWithoutNodeSize : Math.Min(limit, LimitMax);
    }

    private static bool Fail(ref CommandContext context, ReadOnlySpan<byte> error)
    {
        context.Reply.Error(error);
        return false;
    }
}
