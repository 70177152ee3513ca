using System.Runtime.CompilerServices;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Streams;

// Data plane. IDs as clients write them.

/// <summary>Parses the IDs, intervals and reference options of stream commands. The methods that take a context reply the error.</summary>
internal static unsafe class StreamArguments
{
    /// <summary>Redis copies an ID into a buffer of that size before it looks at it.</summary>
    private const int IdBytesMax = 127;

    /// <summary>An ID in the form ms-seq or ms.</summary>
    /// <param name="context">The command.</param>
    /// <param name="index">Its argument.</param>
    /// <param name="id">The ID.</param>
    /// <param name="missingSeq">The number of an ID that consists of milliseconds only.</param>
    public static bool TryId(ref CommandContext context, int index, out StreamId id, ulong missingSeq = 0)
    {
        if (TryParse(context[index], missingSeq, out id))
            return true;
        context.Reply.Error(Errors.InvalidStreamId);
        return false;
    }

    /// <summary>An ID, or - or + for the smallest and the largest.</summary>
    public static bool TryIdOrEdge(ref CommandContext context, int index, out StreamId id, ulong missingSeq = 0)
    {
        if (TryParseEdge(context[index], out id))
            return true;
        return TryId(ref context, index, out id, missingSeq);
    }

    /// <summary>XADD's ID: also ms-*, which leaves the number to the stream.</summary>
    public static bool TryNewId(ref CommandContext context, int index, out StreamId id, out bool hasSeq)
    {
        var text = context[index];
        hasSeq = true;
        if (text.Length <= IdBytesMax && text.EndsWith("-*"u8) && text.IndexOf((byte)'-') == text.Length - 2
            && NumberText.TryParseUInt64Lenient(text[..^2], out ulong ms))
        {
            id = new StreamId(ms, 0);
            hasSeq = false;
            return true;
        }
        return TryId(ref context, index, out id);
    }

    /// <summary>The start of an interval; one behind the ID if it is excluded by "(".</summary>
    public static bool TryStart(ref CommandContext context, int index, out StreamId id)
    {
        if (!TryBound(ref context, index, 0, out id, out bool isExcluded))
            return false;
        if (!isExcluded)
            return true;
        if (id.IsMax)
        {
            context.Reply.Error(Errors.InvalidIntervalStart);
            return false;
        }
        id = id.Next;
        return true;
    }

    /// <summary>The end of an interval; one before the ID if it is excluded by "(".</summary>
    public static bool TryEnd(ref CommandContext context, int index, out StreamId id)
    {
        if (!TryBound(ref context, index, ulong.MaxValue, out id, out bool isExcluded))
            return false;
        if (!isExcluded)
            return true;
        if (id.IsZero)
        {
            context.Reply.Error(Errors.InvalidIntervalEnd);
            return false;
        }
        id = id.Previous;
        return true;
    }

    /// <summary>Whether all arguments from <paramref name="first"/> on are IDs: commands that act on several check them all before.</summary>
    public static bool AreIds(ref CommandContext context, int first, int end)
    {
        for (int i = first; i < end; i++)
        {
            if (!TryId(ref context, i, out _))
                return false;
        }
        return true;
    }

    /// <summary>Parses an ID without - and +.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, ulong missingSeq, out StreamId id)
    {
        id = default;
        if (text.Length > IdBytesMax)
            return false;
        text = CommandRules.Shown(text);
        int dash = text.IndexOf((byte)'-');
        ulong seq = missingSeq;
        if (!NumberText.TryParseUInt64Lenient(dash < 0 ? text : text[..dash], out ulong ms)
            || (dash >= 0 && !NumberText.TryParseUInt64Lenient(text[(dash + 1)..], out seq)))
            return false;
        id = new StreamId(ms, seq);
        return true;
    }

    /// <summary>KEEPREF, DELREF or ACKED.</summary>
    public static bool TryReferences(ref CommandContext context, int index, out StreamReferences references)
    {
        references = StreamReferences.Keep;
        if (context.Is(index, "KEEPREF"u8))
            return true;
        references = StreamReferences.Delete;
        if (context.Is(index, "DELREF"u8))
            return true;
        references = StreamReferences.Acknowledged;
        return context.Is(index, "ACKED"u8);
    }

    private static bool TryBound(ref CommandContext context, int index, ulong missingSeq, out StreamId id, out bool isExcluded)
    {
        var text = context[index];
        isExcluded = text.Length > 1 && text[0] == '(';
        if (isExcluded ? TryParse(text[1..], missingSeq, out id) : TryParseEdge(text, out id) || TryParse(text, missingSeq, out id))
            return true;
        context.Reply.Error(Errors.InvalidStreamId);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryParseEdge(ReadOnlySpan<byte> text, out StreamId id)
    {
        id = default;
        if (text.Length != 1 || text[0] is not ((byte)'-' or (byte)'+'))
            return false;
        if (text[0] == '+')
            id = StreamId.Max;
        return true;
    }
}
