using FastKv.Engine.Configuration.Parameters;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Strings;

// Data plane. A string as an array of bytes.

/// <summary>APPEND, STRLEN, SETRANGE, GETRANGE and SUBSTR.</summary>
internal static unsafe class Ranges
{
    [Command("APPEND", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "2.0.0", Summary = "Appends a string to the value of a key. Creates the key if it doesn't exist.",
        Complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, " +
            "since the dynamic string library used by Redis will double the free space available on every reallocation.",
        Syntax = "key value")]
    internal static void Append(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        long length = context[2].Length;
        if (!existing.IsNull)
        {
            if (!StringEdit.CheckType(ref context, existing))
                return;
            length += StringEntry.Length(existing.Block);
            if (!StringEdit.CheckLength(ref context, length))
                return;
        }
        StringEdit.Append(database, key, existing, context[2]);
        database.Notify(KeyspaceEvents.Text, "append"u8, key);
        context.Reply.Integer(length);
    }

    [Command("STRLEN", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO, Since = "2.2.0", Summary = "Returns the length of a string value.", Complexity = "O(1)", Syntax = "key")]
    internal static void StrLen(ref CommandContext context)
    {
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (entry.IsNull)
            context.Reply.Integer(0);
        else if (StringEdit.CheckType(ref context, entry))
            context.Reply.Integer(StringEntry.Length(entry.Block));
    }

    [Command("SETRANGE", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "2.2.0",
        Summary = "Overwrites a part of a string value with another by an offset. Creates the key if it doesn't exist.",
        Complexity = "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity " +
            "is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
        Syntax = "key offset value")]
    internal static void SetRange(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long offset))
            return;
        if (offset < 0)
        {
            context.Reply.Error(Errors.OffsetOutOfRange);
            return;
        }
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        if (!existing.IsNull && !StringEdit.CheckType(ref context, existing))
            return;
        var value = context[3];
        if (value.IsEmpty)
        {
            context.Reply.Integer(existing.IsNull ? 0 : StringEntry.Length(existing.Block));
            return;
        }

        // The sum may wrap around; as an unsigned number it is then too long.
        if (!StringEdit.CheckLength(ref context, unchecked(offset + value.Length)))
            return;
        byte* bytes = StringEdit.Extend(database, key, existing, offset + value.Length, out long length);
        StringEdit.BeforeWrite(database, bytes, offset, value.Length);
        value.CopyTo(new Span<byte>(bytes + offset, value.Length));
        database.Notify(KeyspaceEvents.Text, "setrange"u8, key);
        context.Reply.Integer(length);
    }

    [Command("GETRANGE", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.4.0", Summary = "Returns a substring of the string stored at a key.",
        Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because " +
            "creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Syntax = "key start:integer end:integer")]
    [Command("SUBSTR", Arity = 4, Flags = CommandFlags.ReadOnly, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Returns a substring from a string value.",
        Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because " +
            "creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Syntax = "key start:integer end:integer", DeprecatedSince = "2.0.0", ReplacedBy = "`GETRANGE`")]
    internal static void GetRange(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long start) || !context.TryInteger(3, out long end))
            return;
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.BulkString(default);
            return;
        }
        if (!StringEdit.CheckType(ref context, entry))
            return;
        Span<byte> scratch = stackalloc byte[NumberText.Int64CharsMax];
        var value = StringEdit.Read(entry, scratch);
        context.Reply.BulkString(TryClip(ref start, ref end, value.Length) ? value.Slice((int)start, (int)(end - start + 1)) : default);
    }

    /// <summary>Makes an inclusive range that may count from the end lie within a value, as GETRANGE and BITCOUNT understand it; false: it is empty.</summary>
    /// <param name="start">First position; negative: from the end.</param>
    /// <param name="end">Last position; negative: from the end.</param>
    /// <param name="length">Positions that there are.</param>
    public static bool TryClip(ref long start, ref long end, long length) =>
        (start >= 0 || end >= 0 || start <= end) && TryClipAny(ref start, ref end, length);

    /// <summary>
    /// The same as BITPOS understands it: a range from the end that is the wrong way round and wholly before the value means the first position.
    /// </summary>
    /// <inheritdoc cref="TryClip" path="/param"/>
    public static bool TryClipAny(ref long start, ref long end, long length)
    {
        if (start < 0)
            start = Math.Max(start + length, 0);
        if (end < 0)
            end = Math.Max(end + length, 0);
        end = Math.Min(end, length - 1);
        return start <= end;
    }
}
