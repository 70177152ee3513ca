using FastKv.Engine.Commands.Strings;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Bitmaps;

// Data plane. As since Redis 7.2, the arguments are checked before the key is looked up: they are wrong also where there is no key.

/// <summary>BITCOUNT and BITPOS.</summary>
internal static unsafe class BitSearch
{
    [Command("BITCOUNT", Arity = -2, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Bitmap, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.6.0", Summary = "Counts the number of set bits (population counting) in a string.",
        Complexity = "O(N)", Syntax = "key index[start:integer end:integer index_unit[BYTE | BIT]@7.0.0]", History = ["7.0.0: Added the `BYTE|BIT` option."],
        Differs = "Wrong arguments are an error also when the key does not exist, as since Redis 7.2.")]
    internal static void Count(ref CommandContext context)
    {
        long start = 0, end = -1;
        bool isBit = false;
        if (context.Count is 3 or > 5)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        if (context.Count > 2 && (!context.TryInteger(2, out start) || !context.TryInteger(3, out end)))
            return;
        if (context.Count == 5 && !BitArguments.TryUnit(ref context, 4, out isBit))
            return;

        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (!entry.IsNull && !StringEdit.CheckType(ref context, entry))
            return;
        byte* scratch = stackalloc byte[NumberText.Int64CharsMax];
        byte* bytes = StringEdit.Pin(entry, scratch, out int length);
        if (!Ranges.TryClip(ref start, ref end, isBit ? length * 8L : length))
            context.Reply.Integer(0);
        else if (isBit)
            context.Reply.Integer(BitCount.OfBits(bytes, start, end));
        else
            context.Reply.Integer(BitCount.OfBytes(bytes + start, end - start + 1));
    }

    [Command("BITPOS", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.Bitmap, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.8.7", Summary = "Finds the first set (1) or clear (0) bit in a string.", Complexity = "O(N)",
        Syntax = "key bit:integer index[start:integer end_index[end:integer index_unit[BYTE | BIT]@7.0.0]]",
        History = ["7.0.0: Added the `BYTE|BIT` option."],
        Differs = "Wrong arguments are an error also when the key does not exist, as since Redis 7.2.")]
    internal static void Position(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long bit))
            return;
        if (bit is not (0 or 1))
        {
            context.Reply.Error(Errors.BitNotZeroOrOne);
            return;
        }
        if (context.Count > 6)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        long start = 0, end = -1;
        bool isBit = false, hasEnd = context.Count > 4;
        if (context.Count > 3 && !context.TryInteger(3, out start))
            return;
        if (context.Count == 6 && !BitArguments.TryUnit(ref context, 5, out isBit))
            return;
        if (hasEnd && !context.TryInteger(4, out end))
            return;

        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Integer(bit == 1 ? -1 : 0);
            return;
        }
        if (!StringEdit.CheckType(ref context, entry))
            return;
        byte* scratch = stackalloc byte[NumberText.Int64CharsMax];
        byte* bytes = StringEdit.Pin(entry, scratch, out int length);
        context.Reply.Integer(Find(bytes, length, bit == 1, start, end, isBit, hasEnd));
    }

    private static long Find(byte* bytes, int length, bool bit, long start, long end, bool isBit, bool hasEnd)
    {
        if (!Ranges.TryClipAny(ref start, ref end, isBit ? length * 8L : length))
            return -1;
        long found = isBit
            ? BitPosition.Find(bytes, start, end, bit)
            : BitPosition.Find(bytes, start * 8, (end * 8) + 7, bit);

        // Without an end, the string is as if followed by zeros.
        return found < 0 && !bit && !hasEnd ? length * 8L : found;
    }
}
