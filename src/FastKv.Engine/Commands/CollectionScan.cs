using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands;

// Data plane. What HSCAN, SSCAN and ZSCAN have in common: the order of their checks (cursor, key, type, options), the options, and the frame of the reply.
//
//   if (!CollectionScan.TryCursor(ref context, out ulong cursor))       // replies "invalid cursor"
//       return;
//   if (!context.TryFindForRead(key, ValueType.Set, out var entry))     // replies WRONGTYPE
//       return;
//   if (entry.IsNull) { CollectionScan.ReplyEmpty(ref context); return; }
//   if (!CollectionScan.TryOptions(ref context, false, out var scan))   // replies errors of the options
//       return;
//   scan.Begin(ref context);
//   … context.Reply.BulkString(…) for what scan.Matches(…) …
//   scan.End(ref context, nextCursor, written);

/// <summary>Options and reply of a command that iterates over one collection: <c>key cursor [MATCH pattern] [COUNT count] [NOVALUES]</c>.</summary>
internal ref struct CollectionScan
{
    /// <summary>At most this many table positions per requested element, as Redis does, so that a sparse table cannot stall a turn.</summary>
    private const long PositionsPerElement = 10;

    /// <summary>About how many elements to look at; at least 1.</summary>
    public long Count;

    /// <summary>NOVALUES: fields alone.</summary>
    public bool HasNoValues;

    private ReadOnlySpan<byte> _pattern;
    private bool _hasPattern;
    private DeferredReply _cursor, _elements;

    /// <summary>How many positions of a table one call may visit.</summary>
    public readonly long PositionsMax => Count <= long.MaxValue / PositionsPerElement ? Count * PositionsPerElement : long.MaxValue;

    /// <summary>Reads the cursor in argument 2, or replies that it is none.</summary>
    public static bool TryCursor(ref CommandContext context, out ulong cursor)
    {
        if (ScanCursor.TryParse(context[2], out cursor))
            return true;
        context.Reply.Error(Errors.InvalidCursor);
        return false;
    }

    /// <summary>Reads the options from argument 3 on, or replies an error.</summary>
    /// <param name="context">The command.</param>
    /// <param name="allowNoValues">Whether NOVALUES is an option (HSCAN).</param>
    /// <param name="scan">The options.</param>
    public static bool TryOptions(ref CommandContext context, bool allowNoValues, out CollectionScan scan)
    {
        scan = new CollectionScan { Count = 10 };
        for (int i = 3; i < context.Count; i++)
        {
            bool hasValue = i + 1 < context.Count;
            if (hasValue && context.Is(i, "COUNT"u8))
            {
                if (!context.TryInteger(++i, out scan.Count))
                    return false;
                if (scan.Count >= 1)
                    continue;
            }
            else if (hasValue && context.Is(i, "MATCH"u8))
            {
                scan._pattern = context[++i];
                scan._hasPattern = scan._pattern is not [(byte)'*'];
                continue;
            }
            else if (allowNoValues && context.Is(i, "NOVALUES"u8))
            {
                scan.HasNoValues = true;
                continue;
            }
            context.Reply.Error(Errors.Syntax);
            return false;
        }
        return true;
    }

    /// <summary>The reply for a key that does not exist.</summary>
    public static void ReplyEmpty(ref CommandContext context) => context.Reply.Raw("*2\r\n$1\r\n0\r\n*0\r\n"u8);

    /// <summary>Whether an element is asked for.</summary>
    public readonly bool Matches(scoped ReadOnlySpan<byte> element) => !_hasPattern || Glob.IsMatch(_pattern, element);

    /// <summary>Opens the reply; the elements follow.</summary>
    public void Begin(ref CommandContext context)
    {
        context.Reply.ArrayHeader(2);
        _cursor = context.Reply.BeginArray();
        _elements = context.Reply.BeginArray();
    }

    /// <summary>Closes the reply.</summary>
    /// <param name="context">The command.</param>
    /// <param name="cursor">The next cursor; 0: done.</param>
    /// <param name="written">Replies written since <see cref="Begin"/>: two for each pair.</param>
    public readonly unsafe void End(ref CommandContext context, ulong cursor, long written)
    {
        context.Reply.EndArray(_elements, written);
        byte* digits = stackalloc byte[NumberText.Int64CharsMax];
        int length = NumberText.Format(digits, (long)cursor);
        Span<byte> text = stackalloc byte[32];
        var writer = new SpanText(text);
        writer.Add("$"u8);
        writer.Add(length);
        writer.Add("\r\n"u8);
        writer.Add(new ReadOnlySpan<byte>(digits, length));
        writer.Add("\r\n"u8);
        context.Reply.EndWith(_cursor, writer.Written);
    }
}
