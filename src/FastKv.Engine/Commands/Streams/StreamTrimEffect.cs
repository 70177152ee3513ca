using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Streams;

// Data plane. XADD and XTRIM in the journal: the ID that was drawn in the place of "*", and a trim that was approximate with what came of it, exactly. With
// ACKED the length or the first ID say nothing about what was deleted, nor does an exact length: how far it went depends on how the blocks are made. Such a
// trim is told by the ID that it got to.

/// <summary>Tells the journal of XADD and XTRIM.</summary>
internal static unsafe class StreamTrimEffect
{
    /// <summary>Says what stands for the command, unless it can be repeated as it came.</summary>
    /// <param name="context">The command.</param>
    /// <param name="key">The stream's key.</param>
    /// <param name="stream">The stream, after it.</param>
    /// <param name="options">The options.</param>
    /// <param name="id">The ID that was added; only used if the command is XADD.</param>
    /// <param name="trimEnd">Where the trim has ended, as it says itself (<see cref="StreamTrim.Run"/>); null: it has deleted nothing.</param>
    public static void Tell(ref CommandContext context, in Key key, StreamState* stream, in StreamTrimOptions options, StreamId id, StreamId? trimEnd)
    {
        if (options.HasTrim && options.Trim.References == StreamReferences.Acknowledged)
        {
            TellAcknowledged(ref context, key, options, id, trimEnd);
            return;
        }
        bool isDrawn = options.IdIndex < context.Count && !(options.HasId && options.HasSeq);
        if (!isDrawn && !options.Trim.IsApproximate)
            return;
        int end = options.IdIndex;
        int tilde = options.Trim.IsApproximate ? FindTilde(ref context, end) : context.Count;
        int limit = options.Trim.IsApproximate ? FindLimit(ref context, tilde, end) : context.Count;
        var effect = context.BeginEffect(key, context[0], context.Count - (limit < context.Count ? 2 : 0));
        byte* text = stackalloc byte[64];
        for (int i = 1; i < context.Count; i++)
        {
            if (i == limit || i == limit + 1)
                continue;
            if (i == tilde)
                effect.Add("="u8);
            else if (i == tilde + 1 && options.Trim.ById)
                effect.Add(new ReadOnlySpan<byte>(text, StreamReplies.Format(stream->Length > 0 ? stream->First : StreamId.Max, text)));
            else if (i == tilde + 1)
                effect.Add(stream->Length);
            else if (i == end)
                effect.Add(new ReadOnlySpan<byte>(text, StreamReplies.Format(id, text)));
            else
                effect.Add(context[i]);
        }
    }

    private static void TellAcknowledged(ref CommandContext context, in Key key, in StreamTrimOptions options, StreamId id, StreamId? trimEnd)
    {
        byte* text = stackalloc byte[64];
        bool isAdd = options.IdIndex < context.Count;
        int count = 2 + (trimEnd is null ? 0 : 4) + (isAdd ? context.Count - options.IdIndex : 0);
        var effect = context.BeginEffect(key, context[0], count).Add(key.Span);
        if (trimEnd is { IsZero: true })
            effect.Add("ACKED"u8).Add("MAXLEN"u8).Add("="u8).Add(0);
        else if (trimEnd is { } end)
            effect.Add("ACKED"u8).Add("MINID"u8).Add("="u8).Add(new ReadOnlySpan<byte>(text, StreamReplies.Format(end, text)));
        if (isAdd)
            effect.Add(new ReadOnlySpan<byte>(text, StreamReplies.Format(id, text))).Add(context, options.IdIndex + 1, context.Count);
    }

    private static int FindTilde(ref CommandContext context, int end)
    {
        int at = 2;
        while (at + 1 < end && !(context[at + 1] is [(byte)'~'] && (context.Is(at, "MAXLEN"u8) || context.Is(at, "MINID"u8))))
            at++;
        return at + 1;
    }

    private static int FindLimit(ref CommandContext context, int tilde, int end)
    {
        for (int i = 2; i + 1 < end; i++)
        {
            if (i != tilde + 1 && context.Is(i, "LIMIT"u8))
                return i;
        }
        return context.Count;
    }
}
