using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Lists;

// Data plane.

/// <summary>LLEN, LINDEX, LRANGE.</summary>
internal static unsafe class Reading
{
    [Command("LLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "1.0.0", Summary = "Get the length of a list", Complexity = "O(1)", Syntax = "key")]
    internal static void LLen(ref CommandContext context)
    {
        if (context.TryFindForRead(context.Key(1), ValueType.List, out var entry))
            context.Reply.Integer(entry.IsNull ? 0 : ListValue.Count(entry));
    }

    [Command("LINDEX", Arity = 3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Get an element from a list by its index",
        Complexity = "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element " +
            "of the list O(1).",
        Syntax = "key index:integer")]
    internal static void LIndex(ref CommandContext context)
    {
        if (!context.TryFindForRead(context.Key(1), ValueType.List, out var entry))
            return;
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        if (!context.TryInteger(2, out long index))
            return;
        byte* element = ListValue.At(entry, index);
        if (element == null)
            context.Reply.Null();
        else
            ListReply.Element(context.Reply, element);
    }

    [Command("LRANGE", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.List, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Get a range of elements from a list",
        Complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is " +
            "the number of elements in the specified range.",
        Syntax = "key start:integer stop:integer")]
    internal static void LRange(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long start) || !context.TryInteger(3, out long stop))
            return;
        if (!context.TryFindForRead(context.Key(1), ValueType.List, out var entry))
            return;
        if (entry.IsNull || !TryRange(ListValue.Count(entry), ref start, ref stop))
            context.Reply.ArrayHeader(0);
        else
            ListReply.Range(context.Reply, entry, start, stop - start + 1);
    }

    /// <summary>Makes indexes that may be negative or too large ones of the list; false: the range is empty.</summary>
    internal static bool TryRange(long count, ref long start, ref long stop)
    {
        start = Math.Max(0, start < 0 ? start + count : start);
        stop = Math.Min(count - 1, stop < 0 ? stop + count : stop);
        return start <= stop;
    }
}
