using System.Runtime.CompilerServices;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Lists;

// Data plane. Elements as replies.
internal static unsafe class ListReply
{
    /// <summary>One element as bulk string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Element(in ReplyWriter reply, byte* element)
    {
        if (Listpack.TryText(element, out byte* text, out int length))
        {
            reply.BulkString(new ReadOnlySpan<byte>(text, length));
            return;
        }
        Listpack.TryInteger(element, out long integer);
        reply.BulkInteger(integer);
    }

    /// <summary>An array of <paramref name="count"/> elements, which there are, from the one at <paramref name="start"/> on.</summary>
    public static void Range(in ReplyWriter reply, EntryRef entry, long start, long count, bool backwards = false)
    {
        reply.ArrayHeader(count);
        var walk = ListValue.IterateFrom(entry, start, backwards);
        for (; count > 0; count--)
        {
            walk.MoveNext();
            Element(reply, walk.Element);
        }
    }

    /// <summary>An array of <paramref name="count"/> elements from an end on, in the order in which they are popped.</summary>
    public static void Ends(in ReplyWriter reply, EntryRef entry, long count, bool atHead) =>
        Range(reply, entry, atHead ? 0 : ListValue.Count(entry) - 1, count, !atHead);
}
